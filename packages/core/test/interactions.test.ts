import { isAntiphonError } from "@antiphon/std";
import { describe, expect, it } from "vitest";
import {
  customId,
  defineCommand,
  defineCommandGroup,
  defineEntryPoint,
  defineMessageCommand,
  defineSubcommand,
  defineUserCommand,
  modal,
} from "@antiphon/core";
import { buttonInteraction, commandInteraction, httpError, menuInteraction, modalInteraction } from "./fake-ports.ts";
import { addCommand, setupInteractions, summary } from "./interaction-rig.ts";

describe("answering", () => {
  it("replies with no mentions allowed, without the bot's token", async () => {
    const { rest, client, interact } = await setupInteractions();
    addCommand(client, (context) => context.reply({ content: "@everyone", ephemeral: true }));
    await interact(commandInteraction("test"));
    expect(rest.requests).toHaveLength(1);
    const data = { content: "@everyone", flags: 64, allowed_mentions: { parse: [] } };
    expect(rest.requests[0]?.options).toMatchObject({ authenticate: false, body: { type: 4, data } });
  });

  it("completes a deferral by editing, then edits, follows up and deletes", async () => {
    const { rest, client, interact } = await setupInteractions();
    addCommand(client, async (context) => {
      await context.defer();
      await context.reply("one");
      await context.editReply("two");
      await context.followUp("three");
      await context.deleteReply();
    });
    await interact(commandInteraction("test"));
    expect(summary(rest)).toEqual([
      "POST /interactions/ID/callback 5",
      "PATCH /webhooks/ID/messages/@original one",
      "PATCH /webhooks/ID/messages/@original two",
      "POST /webhooks/ID three",
      "DELETE /webhooks/ID/messages/@original",
    ]);
  });

  it("defers by itself before the deadline, and reply() then edits", async () => {
    const { clock, rest, client, interact } = await setupInteractions();
    addCommand(client, async (context) => {
      await clock.sleep(2_500);
      await context.defer();
      await context.reply("late");
    });
    await interact(commandInteraction("test"));
    await clock.advance(1_999);
    expect(summary(rest)).toEqual([]);
    await clock.advance(1);
    expect(summary(rest)).toEqual(["POST /interactions/ID/callback 5"]);
    await clock.advance(1_000);
    expect(summary(rest).slice(1)).toEqual(["PATCH /webhooks/ID/messages/@original late"]);
  });

  it("keeps a private answer private after a public automatic deferral", async () => {
    const { clock, rest, client, interact } = await setupInteractions();
    rest.answer = ({ method }) => (method === "POST" ? { id: "777" } : undefined);
    addCommand(client, async (context) => {
      await clock.sleep(2_500);
      await context.reply({ content: "secret", ephemeral: true });
      await context.editReply("still secret");
    });
    await interact(commandInteraction("test"));
    await clock.advance(3_000);
    expect(summary(rest).slice(1)).toEqual([
      "DELETE /webhooks/ID/messages/@original",
      "POST /webhooks/ID secret",
      "PATCH /webhooks/ID/messages/777 still secret",
    ]);
    expect(rest.requests[2]?.options.body).toMatchObject({ flags: 64 });
  });

  it("defers privately where the command says so", async () => {
    const { clock, rest, client, interact } = await setupInteractions();
    addCommand(client, (context) => clock.sleep(2_500).then(() => context.reply("x")), true);
    await interact(commandInteraction("test"));
    await clock.advance(3_000);
    expect(rest.requests[0]?.options.body).toEqual({ type: 5, data: { flags: 64 } });
    expect(summary(rest)[1]).toBe("PATCH /webhooks/ID/messages/@original x");
  });

  it("rejects a second answer and an edit before the first with codes", async () => {
    const { client, errors, interact } = await setupInteractions();
    const codes: unknown[] = [];
    const codeOf = (error: unknown) => void codes.push(isAntiphonError(error) ? error.code : error);
    addCommand(client, async (context) => {
      await context.editReply("x").catch(codeOf);
      await context.reply("x");
      await context.reply("y").catch(codeOf);
      await context.defer().catch(codeOf);
      await context
        .showModal(modal({ customId: "m", title: "m", inputs: [{ customId: "i", label: "l" }] }))
        .catch(codeOf);
    });
    await interact(commandInteraction("test"));
    const already = "CORE_INTERACTION_ALREADY_ANSWERED";
    expect(codes).toEqual(["CORE_INTERACTION_NOT_ANSWERED", already, already, already]);
    expect(errors).toEqual([]);
  });
});

describe("the error boundary", () => {
  it("apologises privately with the id of the event", async () => {
    const { rest, client, errors, interact } = await setupInteractions();
    const problem = new Error("broken");
    addCommand(client, () => Promise.reject(problem));
    await interact(commandInteraction("test"));
    expect(errors).toMatchObject([{ type: "interactionError", error: problem }]);
    const text = JSON.stringify(rest.requests[0]?.options.body);
    expect(text).toContain('"flags":64');
    expect(text).toContain(errors[0]?.id);
    expect(text).not.toContain("broken");
  });

  it("apologises in a follow-up after an answer, and survives when that fails, too", async () => {
    const { rest, client, errors, interact } = await setupInteractions();
    addCommand(client, async (context) => {
      await context.reply("x");
      rest.answer = () => {
        throw httpError(404, 10062);
      };
      throw new Error("broken");
    });
    await interact(commandInteraction("test"));
    expect(summary(rest)[1]).toMatch(/^POST \/webhooks\/ID Sorry/);
    expect(errors).toHaveLength(1);
  });

  it("treats a command that ends without an answer as an error, also after the automatic deferral", async () => {
    const { clock, rest, client, errors, interact } = await setupInteractions();
    let durationMs = 0;
    addCommand(client, () => clock.sleep(durationMs));
    await interact(commandInteraction("test"));
    durationMs = 2_500;
    await interact(commandInteraction("test"));
    await clock.advance(3_000);
    const code = "CORE_INTERACTION_UNANSWERED";
    expect(errors).toMatchObject([{ error: { code } }, { error: { code } }]);
    expect(rest.requests.map(({ method }) => method)).toEqual(["POST", "POST", "DELETE", "POST"]);
  });

  it("takes an answer that the handler did not wait for as one", async () => {
    const { rest, client, errors, interact } = await setupInteractions();
    addCommand(client, (context) => void context.reply("x"));
    await interact(commandInteraction("test"));
    expect([errors, summary(rest)]).toEqual([[], ["POST /interactions/ID/callback 4"]]);
  });

  it("reports options that are not as defined", async () => {
    const { client, errors, interact } = await setupInteractions();
    const options = { query: { type: "string", description: "What", required: true } } as const;
    client.commands.add(
      defineCommand({ name: "play", description: "Plays", contexts: ["guild"], options, execute: () => {} }),
    );
    await interact(commandInteraction("play"));
    await interact(commandInteraction("play", { options: [{ name: "query", type: 3, value: 7 }] }));
    await interact(commandInteraction("play", { guild: false, options: [{ name: "query", type: 3, value: "x" }] }));
    expect(errors.map(({ error }) => (error as { code: string }).code)).toEqual(
      Array(3).fill("CORE_INTERACTION_MALFORMED"),
    );
  });
});

describe("routing", () => {
  it("resolves picked users and roles, and follows subcommands", async () => {
    const { client, interact } = await setupInteractions();
    const seen: unknown[] = [];
    const command = defineCommand({
      name: "who",
      description: "Who",
      options: {
        user: { type: "user", description: "u", required: true },
        any: { type: "mentionable", description: "m" },
      },
      execute: async (context) => {
        seen.push(context.options.user.user.username, context.options.any?.type, context.userId, context.guildId);
        await context.reply("ok");
      },
    });
    client.commands.add(command);
    const resolved = { users: { "1": { id: "1", username: "bob" } }, roles: { "2": { id: "2", name: "dj" } } };
    const options = [
      { name: "user", type: 6, value: "1" },
      { name: "any", type: 9, value: "2" },
    ];
    await interact(commandInteraction("who", { options, resolved }));
    expect(seen).toEqual(["bob", "role", "300", "400"]);
    expect(() => client.commands.add(command)).toThrow(/named "who" is there already/);
  });

  it("gives user and message commands their target, beside a slash command of the same name", async () => {
    const { rest, client, errors, interact } = await setupInteractions();
    addCommand(client, (context) => context.reply("slash"));
    client.commands.add(
      defineUserCommand({
        name: "test",
        contexts: ["guild"],
        execute: ({ target, guildId, reply }) => reply(`${target.user.username} ${target.member?.nick} in ${guildId}`),
      }),
    );
    client.commands.add(
      defineMessageCommand({ name: "test", execute: ({ target, reply }) => reply(`"${target.content}"`) }),
    );
    const resolved = {
      users: { "1": { id: "1", username: "bob" } },
      members: { "1": { nick: "Bobby" } },
      messages: { "7": { id: "7", content: "hi" } },
    };
    await interact(menuInteraction(2, "test", { target_id: "1", resolved }));
    await interact(menuInteraction(3, "test", { target_id: "7", resolved }));
    await interact(commandInteraction("test"));
    const contents = rest.requests.map(({ options }) => (options.body as { data: { content: string } }).data.content);
    expect(contents).toEqual(["bob Bobby in 400", '"hi"', "slash"]);
    await interact(menuInteraction(2, "test", { target_id: "1", resolved, guild: false }));
    await interact(menuInteraction(3, "test", { target_id: "8", resolved }));
    expect(errors.map(({ error }) => (error as { code: string }).code)).toEqual(
      Array(2).fill("CORE_INTERACTION_MALFORMED"),
    );
  });

  it("lets the entry point launch the activity, which may be there once", async () => {
    const { rest, client, interact } = await setupInteractions();
    client.commands.add(defineEntryPoint({ name: "Launch", execute: (context) => context.launchActivity() }));
    await interact(menuInteraction(4, "Launch"));
    expect(summary(rest)).toEqual(["POST /interactions/ID/callback 12"]);
    expect(() => client.commands.add(defineEntryPoint({ name: "Other" }))).toThrow(/is there already/);
  });

  it("gives buttons their parameters and acknowledges them when the handler did not", async () => {
    const { rest, client, errors, interact } = await setupInteractions();
    const seen: string[] = [];
    client.components.add("queue:page/:page", (context) => void seen.push(context.parameters.page));
    client.components.add("queue:page/first", (context) => context.update({ content: "first" }));
    await interact(buttonInteraction(customId("queue:page/:page", { page: "2/3 %" })));
    await interact(buttonInteraction("queue:page/first"));
    await interact(buttonInteraction("other:page/1"));
    expect(seen).toEqual(["2/3 %"]);
    expect(summary(rest)).toEqual(["POST /interactions/ID/callback 6", "POST /interactions/ID/callback 7"]);
    expect(errors).toEqual([]);
    expect(() => client.components.add("queue:page/:number", () => {})).toThrow(/is there already/);
  });

  it("defers a slow button's update, after which update() edits and reply() sends a new message", async () => {
    const { clock, rest, client, interact } = await setupInteractions();
    rest.answer = ({ method }) => (method === "POST" ? { id: "777" } : undefined);
    client.components.add("a", (context) => clock.sleep(2_500).then(() => context.update("changed")));
    client.components.add("b", (context) => clock.sleep(2_500).then(() => context.reply("new")));
    await interact(buttonInteraction("a"));
    await clock.advance(3_000);
    await interact(buttonInteraction("b"));
    await clock.advance(3_000);
    expect(summary(rest)).toEqual([
      "POST /interactions/ID/callback 6",
      "PATCH /webhooks/ID/messages/@original changed",
      "POST /interactions/ID/callback 6",
      "POST /webhooks/ID new",
    ]);
  });

  it("gives modals their fields, in labels and in rows", async () => {
    const { client, interact } = await setupInteractions();
    let fields: unknown;
    client.modals.add("form/:id", (context) => {
      fields = [context.parameters.id, context.fields];
      return context.reply("ok");
    });
    await interact(
      modalInteraction("form/7", [
        { type: 18, component: { type: 4, custom_id: "name", value: "x" } },
        { type: 1, components: [{ type: 4, custom_id: "old", value: "y" }] },
        { type: 18, component: { type: 3, custom_id: "pick", values: ["a"] } },
      ]),
    );
    expect(fields).toEqual(["7", { name: "x", old: "y", pick: ["a"] }]);
  });

  it("sends autocomplete choices within the limits, and none when the handler failed", async () => {
    const { rest, client, errors, interact } = await setupInteractions();
    let fails = false;
    const autocomplete = {
      query: () => {
        if (fails) throw new Error("broken");
        const long = { name: "n".repeat(200), value: "v" };
        return [
          long,
          { name: "cut value", value: "v".repeat(101) },
          { name: " ", value: "v" },
          { name: "no value", value: "" },
          { name: "no number", value: Number.NaN },
          ...Array.from({ length: 30 }, (_, index) => ({ name: `c${index}`, value: "v" })),
        ];
      },
    };
    client.commands.add(
      defineCommand({
        name: "play",
        description: "p",
        options: { query: { type: "string", description: "q" } },
        autocomplete,
        execute: () => {},
      }),
    );
    const payload = () =>
      commandInteraction("play", { type: 4, options: [{ name: "query", type: 3, value: "a", focused: true }] });
    await interact(payload());
    fails = true;
    await interact(payload());
    const [first, second] = rest.requests.map(
      ({ options }) => (options.body as { data: { choices: { name: string }[] } }).data.choices,
    );
    expect(first).toHaveLength(25);
    expect(first?.[0]?.name).toBe(`${"n".repeat(99)}…`);
    expect(first?.[1]?.name).toBe("c0");
    expect(second).toEqual([]);
    expect(errors).toHaveLength(1);
  });

  it("follows a subcommand that comes without a list of options", async () => {
    const { client, rest, interact } = await setupInteractions();
    const clear = defineSubcommand({ description: "Clears", execute: (context) => context.reply(context.commandName) });
    client.commands.add(defineCommandGroup({ name: "queue", description: "Queue", subcommands: { clear } }));
    await interact(commandInteraction("queue", { options: [{ name: "clear", type: 1 }] }));
    expect(rest.requests[0]?.options.body).toMatchObject({ data: { content: "queue clear" } });
  });

  it("forgets handlers that are taken back", async () => {
    const { rest, client, interact } = await setupInteractions();
    const reply = (context: { reply: (text: string) => Promise<void> }) => context.reply("x");
    const handlers = [
      client.commands.add(defineCommand({ name: "test", description: "x", execute: reply })),
      client.components.add("a", reply),
      client.modals.add("m", reply),
    ];
    const all = async () => {
      await interact(commandInteraction("test"));
      await interact(buttonInteraction("a"));
      await interact(modalInteraction("m", []));
    };
    await all();
    expect(rest.requests).toHaveLength(3);
    for (const handler of handlers) handler[Symbol.dispose]();
    await all();
    expect([rest.requests.length, client.stats().interactions.unhandled]).toEqual([3, 3]);
  });

  it("handles an interaction that is delivered twice only once", async () => {
    const { rest, client, interact } = await setupInteractions();
    addCommand(client, (context) => context.reply("x"));
    const payload = commandInteraction("test");
    await interact(payload);
    await interact(payload);
    expect(rest.requests).toHaveLength(1);
  });

  it("runs middlewares around handlers; one may answer instead", async () => {
    const { rest, client, interact } = await setupInteractions();
    const order: string[] = [];
    client.use(async (context, next) => {
      order.push(`before ${context.kind}`);
      await next();
      order.push("after");
    });
    client.use(async (context, next) => {
      if (context.kind === "command" && context.commandName === "test") await context.reply("not now");
      else await next();
    });
    addCommand(client, () => void order.push("never"));
    await interact(commandInteraction("test"));
    expect(order).toEqual(["before command", "after"]);
    expect(summary(rest)).toEqual(["POST /interactions/ID/callback 4"]);
  });

  it("aborts the contexts' signal when the client closes, and leaves no timer", async () => {
    const { clock, client, interact } = await setupInteractions();
    let signal: AbortSignal | undefined;
    addCommand(client, async (context) => {
      signal = context.signal;
      await context.defer();
      await clock.sleep(60_000, { signal });
    });
    await interact(commandInteraction("test"));
    await client.close();
    await clock.advance(0);
    expect(signal?.aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });
});
