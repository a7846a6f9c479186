import { describe, expect, it } from "vitest";
import type { ErrorHandler } from "@antiphon/core";
import { buttonInteraction, commandInteraction } from "./fake-ports.ts";
import { addCommand, setupInteractions } from "./interaction-rig.ts";

describe("interactions that are not as documented", () => {
  it.each([
    ["without data", { ...commandInteraction("test"), data: undefined }],
    ["whose options are no list", commandInteraction("test", { options: 7 })],
    ["without a custom id", { ...buttonInteraction("a"), data: {} }],
  ])("never rejects one %s, but reports it", async (_, interaction) => {
    const { client, errors, interact } = await setupInteractions();
    addCommand(client, (context) => context.reply("x"));
    client.components.add("a", (context) => context.reply("x"));
    expect(await client.interactions.handle(interaction as never)).toBe("handled");
    await interact({ ...interaction, id: "2" });
    const expected = { error: { code: "CORE_INTERACTION_MALFORMED" } };
    expect(errors).toMatchObject([expected, expected]);
    expect(client.stats().interactions).toMatchObject({ failed: 2, pending: 0 });
  });
});

describe("an error handler that fails itself", () => {
  it.each([
    [
      "throws",
      () => {
        throw new Error("the handler is broken");
      },
    ],
    ["rejects", () => Promise.reject(new Error("the handler is broken"))],
  ])("takes nothing down when it %s", async (_, handle) => {
    const warnings: string[] = [];
    const ignore = () => {};
    const logger = {
      trace: ignore,
      debug: ignore,
      info: ignore,
      error: ignore,
      warn: (text: string) => warnings.push(text),
    };
    const errorHandler = { handle } as unknown as ErrorHandler;
    const { client, rest, interact, gateway } = await setupInteractions({ errorHandler, logger });
    client.on("messageCreate", () => {
      throw new Error("a listener failed");
    });
    addCommand(client, () => Promise.reject(new Error("broken")));
    await interact(commandInteraction("test"));
    gateway.dispatch("MESSAGE_CREATE", { id: "1", channel_id: "2", author: { id: "3" } });
    await expect.poll(() => warnings.filter((text) => text.includes("error handler")).length).toBe(2);
    expect(JSON.stringify(rest.requests[0]?.options.body)).toContain("Sorry");
  });
});
