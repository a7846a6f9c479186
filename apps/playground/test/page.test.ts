import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeWith, findChromium } from "@antiphon/services";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createListener, type Listener } from "../src/listener.ts";
import { servePage, type PageServer } from "../src/page-server.ts";
import { openPlaygroundWorld, type PlaygroundWorld } from "../src/world.ts";
import { demoFolder, demoTracks } from "./demo-tracks.ts";

const CHROMIUM_ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

describeWith("chromium", "the playground's page in a browser", () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "antiphon-page-test-"));
  const failures: string[] = [];
  let playground: PlaygroundWorld;
  let listener: Listener;
  let server: PageServer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    await demoTracks();
    playground = await openPlaygroundWorld({ musicDirectory: demoFolder, dataDirectory });
    const { discord, voice, guildId, me } = playground;
    listener = createListener({
      guildId,
      signaling: discord.world.signalingFor(me.id),
      certificate: voice.certificatePem,
    });
    server = await servePage({ playground, listener, host: "127.0.0.1", port: 0 });
    browser = await chromium.launch({ executablePath: findChromium() as string, args: CHROMIUM_ARGUMENTS });
    page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    page.on("pageerror", (error) => failures.push(error.message));
    await page.goto(server.url);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await listener?.close();
    await playground?.close();
    rmSync(dataDirectory, { recursive: true, force: true });
  });

  const say = async (text: string) => {
    await page.locator("#input").fill(text);
    await page.locator("#input").press("Enter");
  };
  /** How loud the browser plays, measured there by WebAudio. */
  const level = async () => Number(await page.locator("#level").getAttribute("value"));
  const lastMessage = () => page.locator("#messages .message").last();

  test("shows the guild, its channels and its members", async () => {
    await page.getByText("Antiphon playground").waitFor();
    await page.getByRole("button", { name: "Listening room" }).waitFor();
    await expect.poll(() => page.locator("#members li").count()).toBe(3);
  });

  test("markup in a message is shown, not run", async () => {
    await say(`<img src=x onerror="document.title='hacked'"> **bold** <script>1</script>`);
    await expect.poll(() => lastMessage().innerText()).toContain("<img src=x");
    expect(await lastMessage().locator("img, script").count()).toBe(0);
    expect(await lastMessage().locator("strong").innerText()).toBe("bold");
    expect(await page.title()).toBe("Antiphon playground");
  });

  test("completes commands and titles by keyboard", async () => {
    await page.locator("#listen").click();
    await page.locator(".channel-members [data-user]").first().waitFor();
    await page.locator("#input").pressSequentially("/pla");
    await page.getByRole("option", { name: "/play Play a track" }).waitFor();
    await page.keyboard.press("Tab");
    await page.locator("#input").pressSequentially("tide");
    await page.getByRole("option", { name: "Tidewater" }).waitFor();
    await page.keyboard.press("Tab");
    await expect.poll(() => page.locator("#input").inputValue()).toContain("Tidewater");
    await page.keyboard.press("Enter");
    await lastMessage().locator(".embed").getByText("Tidewater").waitFor();
  });

  test("sound comes out of the browser", async () => {
    await expect.poll(level, { timeout: 60_000 }).toBeGreaterThan(0.01);
    await page.locator(".channel-members .speaking").getByText("Antiphon").waitFor();
  });

  test("the queue grows, and a button shows it", async () => {
    await say("/play night bus");
    await lastMessage().getByText("Added to the queue").waitFor();
    await lastMessage().getByRole("button", { name: "Queue" }).click();
    await expect.poll(() => lastMessage().innerText()).toMatch(/Tidewater[\s\S]*1\.[\s\S]*Night Bus/);
    expect(await lastMessage().innerText()).toContain("Only you can see this");
  });

  test("the pause button silences it, and becomes the resume button", async () => {
    const controls = page.locator("#messages .message").filter({ hasText: "Now playing" });
    await controls.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Resume" }).waitFor();
    await expect.poll(level, { timeout: 60_000 }).toBeLessThan(0.001);
    await page.getByRole("button", { name: "Resume" }).click();
    await expect.poll(level, { timeout: 60_000 }).toBeGreaterThan(0.01);
  });

  test("what cannot be sent stays in the box, with a line that says why", async () => {
    const hint = page.locator("#composer-hint");
    const before = await page.locator("#messages .message").count();
    await say("/paly tidewater");
    await expect.poll(() => hint.innerText()).toContain("There is no command /paly");
    await say("/import");
    await expect.poll(() => hint.innerText()).toContain("This page attaches no files");
    expect(await page.locator("#messages .message").count()).toBe(before);
  });

  test("a yes or no is completed", async () => {
    await page.locator("#input").fill("");
    await page.locator("#input").pressSequentially("/autoplay on:f");
    await page.getByRole("option", { name: "false" }).waitFor();
    await page.keyboard.press("Tab");
    await expect.poll(() => page.locator("#input").inputValue()).toMatch(/^\/autoplay (on:)?false$/);
    await page.keyboard.press("Enter");
    await lastMessage().getByText("When the queue is empty, I stop.").waitFor();
  });

  test("no script of the page has failed", () => {
    expect(failures).toEqual([]);
  });
});
