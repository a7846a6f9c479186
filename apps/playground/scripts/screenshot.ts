import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { requireService } from "@antiphon/services";
import { chromium } from "playwright-core";
import { createListener, ensureDemoMusic, openPlaygroundWorld, servePage } from "../src/index.ts";

// Takes the picture of the README: the playground with music playing.

const target = fileURLToPath(new URL("../../docs/playground.png", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "antiphon-screenshot-"));
try {
  const musicDirectory = join(folder, "music");
  await ensureDemoMusic(musicDirectory);
  await using playground = await openPlaygroundWorld({ musicDirectory, dataDirectory: folder });
  const { discord, voice, guildId, me } = playground;
  await using listener = createListener({
    guildId,
    signaling: discord.world.signalingFor(me.id),
    certificate: voice.certificatePem,
  });
  await using server = await servePage({ playground, listener, host: "127.0.0.1", port: 0 });
  const browser = await chromium.launch({
    executablePath: requireService("chromium"),
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
    await page.goto(server.url);
    await page.locator("#listen").click();
    await page.locator(".channel-members [data-user]").first().waitFor();
    const ask = async (text: string, answer: string) => {
      await page.locator("#input").fill(text);
      await page.locator("#input").press("Enter");
      await page.locator("#messages .message").last().getByText(answer).first().waitFor();
    };
    await ask("/play Tidewater", "Now playing");
    await ask("/recommend", "What to hear next");
    await page.locator("#level").evaluate(
      (meter) =>
        new Promise<void>((resolve) => {
          const look = setInterval(() => {
            if (Number(meter.getAttribute("value")) < 0.02) return;
            clearInterval(look);
            resolve();
          }, 50);
        }),
    );
    await page.screenshot({ path: target });
    process.stdout.write(`${target}\n`);
  } finally {
    await browser.close();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
