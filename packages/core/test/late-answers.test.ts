import { isAntiphonError } from "@antiphon/std";
import { describe, expect, it } from "vitest";
import type { CommandContext, ComponentContext } from "@antiphon/core";
import { buttonInteraction, commandInteraction } from "./fake-ports.ts";
import { addCommand, setupInteractions, summary } from "./interaction-rig.ts";

/** A client whose handler takes longer than the automatic deferral waits, then does this. */
async function afterDeferral(kind: "command" | "button", act: (context: never) => Promise<unknown>) {
  const rig = await setupInteractions();
  const { clock, rest, client, interact } = rig;
  rest.answer = ({ method }) => (method === "DELETE" ? undefined : { id: "777" });
  const slowly = async (context: CommandContext | ComponentContext) => {
    await clock.sleep(2_500);
    await act(context as never);
  };
  addCommand(client, slowly);
  client.components.add("button", slowly);
  await interact(kind === "command" ? commandInteraction("test") : buttonInteraction("button"));
  await clock.advance(3_000);
  return { ...rig, sent: summary(rest).slice(1) };
}

describe("a deferral that the handler asks for after the automatic one", () => {
  it("keeps the answers to a private deferral private", async () => {
    for (const answer of [
      (context: CommandContext) => context.reply("secret"),
      (context: CommandContext) => context.editReply("secret"),
    ]) {
      const { rest, sent } = await afterDeferral("command", async (context: CommandContext) => {
        await context.defer({ ephemeral: true });
        await answer(context);
        await context.editReply("still secret");
      });
      expect(sent).toEqual([
        "DELETE /webhooks/ID/messages/@original",
        "POST /webhooks/ID secret",
        "PATCH /webhooks/ID/messages/777 still secret",
      ]);
      expect(rest.requests[2]?.options.body).toMatchObject({ flags: 64 });
    }
  });

  it("counts as the handler's answer, which may be completed after its end", async () => {
    const { errors, sent } = await afterDeferral("command", (context: CommandContext) => context.defer());
    expect([errors, sent]).toEqual([[], []]);
  });

  it("is refused the second time, as any other", async () => {
    const codes: unknown[] = [];
    await afterDeferral("command", async (context: CommandContext) => {
      await context.defer();
      await context.defer().catch((error: unknown) => codes.push(isAntiphonError(error) && error.code));
      await context.reply("done");
    });
    expect(codes).toEqual(["CORE_INTERACTION_ALREADY_ANSWERED"]);
  });

  it("never overwrites or deletes the message that carries the button", async () => {
    const { rest, sent } = await afterDeferral("button", async (context: ComponentContext) => {
      await context.defer({ ephemeral: true });
      await context.editReply("done");
      await context.deleteReply();
    });
    expect(sent).toEqual(["POST /webhooks/ID done", "DELETE /webhooks/ID/messages/777"]);
    expect(rest.requests[1]?.options.body).toMatchObject({ flags: 64 });
    const withdrawn = await afterDeferral("button", async (context: ComponentContext) => {
      await context.defer();
      await context.deleteReply();
    });
    expect(withdrawn.sent).toEqual([]);
  });
});

describe("after the automatic deferral of a button", () => {
  const calls: readonly [string, (context: ComponentContext) => Promise<unknown>][] = [
    ["editReply", (context) => context.editReply("x")],
    ["deleteReply", (context) => context.deleteReply()],
    ["followUp", (context) => context.followUp("x")],
  ];

  it.each(calls)("%s still needs an answer first", async (_, call) => {
    const { errors } = await afterDeferral("button", call);
    expect(errors).toMatchObject([{ error: { code: "CORE_INTERACTION_NOT_ANSWERED" } }]);
  });
});

describe("an answer that cannot take the placeholder's place", () => {
  it("leaves the placeholder to the apology when it is invalid", async () => {
    const { errors, sent } = await afterDeferral("command", (context: CommandContext) =>
      context.reply({ content: "x".repeat(2_001), ephemeral: true }),
    );
    expect(errors).toMatchObject([{ error: { code: "CORE_BUILDER_INVALID" } }]);
    expect(sent).toEqual([
      "DELETE /webhooks/ID/messages/@original",
      expect.stringMatching(/^POST \/webhooks\/ID Sorry/),
    ]);
  });

  it("can be tried again when Discord failed in between", async () => {
    const rig = await setupInteractions();
    const { clock, rest, client, interact, errors } = rig;
    let failures = 1;
    rest.answer = ({ path, method }) => {
      if (method === "POST" && path.startsWith("/webhooks") && failures-- > 0) throw new Error("503");
      return { id: "777" };
    };
    addCommand(client, async (context) => {
      await clock.sleep(2_500);
      await context.reply({ content: "first", ephemeral: true }).catch(() => context.reply("second"));
    });
    await interact(commandInteraction("test"));
    await clock.advance(3_000);
    expect(summary(rest).slice(1)).toEqual([
      "DELETE /webhooks/ID/messages/@original",
      "POST /webhooks/ID first",
      "POST /webhooks/ID second",
    ]);
    expect(rest.requests[3]?.options.body).toMatchObject({ flags: 64 });
    expect(errors).toEqual([]);
  });
});

describe("the count of automatic deferrals", () => {
  it("has those that were sent, not autocompletions nor answers under way", async () => {
    const { clock, rest, client, interact } = await setupInteractions();
    const answered = Promise.withResolvers<void>();
    rest.answer = () => answered.promise;
    addCommand(client, (context) => context.reply("slow to send"));
    await interact(commandInteraction("test"));
    await interact(
      commandInteraction("test", { type: 4, options: [{ name: "q", type: 3, value: "", focused: true }] }),
    );
    await clock.advance(2_000);
    answered.resolve();
    await clock.advance(0);
    expect(client.stats().interactions).toMatchObject({ handled: 2, deferredAutomatically: 0 });
  });
});
