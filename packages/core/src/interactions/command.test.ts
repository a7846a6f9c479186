import type { APIInteractionDataResolvedChannel, APIInteractionGuildMember, APIMessage } from "discord-api-types/v10";
import type { GuildId } from "@antiphon/protocol/discord";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { CoreError } from "../core-error.ts";
import { defineCommand, defineCommandGroup, defineSubcommand } from "./command.ts";
import type { InteractionContext } from "./context.ts";
import { defineMessageCommand, defineUserCommand } from "./context-menu-command.ts";
import { defineEntryPoint } from "./entry-point-command.ts";
import type { PickedUser } from "./option.ts";

function errorOf(action: () => unknown): CoreError {
  try {
    action();
  } catch (error) {
    return error as CoreError;
  }
  throw new Error("nothing was thrown");
}

describe("defineCommand", () => {
  it("infers the options from their definitions", () => {
    defineCommand({
      name: "play",
      description: "Plays a track",
      contexts: ["guild"],
      options: {
        query: { type: "string", description: "What to play", required: true },
        volume: { type: "integer", description: "Percent", minimum: 0, maximum: 200 },
        mode: {
          type: "string",
          description: "Mode",
          choices: [
            { name: "One", value: "one" },
            { name: "All", value: "all" },
          ],
        },
        friend: { type: "user", description: "Who" },
        channel: { type: "channel", description: "Where", required: true },
      },
      autocomplete: { query: ({ focused }) => [{ name: focused.value, value: focused.value }] },
      execute(context) {
        expectTypeOf(context.options.query).toEqualTypeOf<string>();
        expectTypeOf(context.options.volume).toEqualTypeOf<number | undefined>();
        expectTypeOf(context.options.mode).toEqualTypeOf<"one" | "all" | undefined>();
        expectTypeOf(context.options.friend).toEqualTypeOf<PickedUser | undefined>();
        expectTypeOf(context.options.channel).toEqualTypeOf<APIInteractionDataResolvedChannel>();
        expectTypeOf(context.guildId).toEqualTypeOf<GuildId>();
        expectTypeOf(context.member).toExtend<APIInteractionGuildMember>();
        expectTypeOf(context).toExtend<InteractionContext>();
        // @ts-expect-error there is no such option
        void context.options.nothing;
      },
    });
    defineCommand({
      name: "ping",
      description: "Pong",
      execute(context) {
        expectTypeOf(context.guildId).toEqualTypeOf<GuildId | undefined>();
      },
    });
    defineCommand({
      name: "wrong",
      description: "A handler for an option that is not there",
      options: { query: { type: "string", description: "What" } },
      // @ts-expect-error there is no option "other"
      autocomplete: { other: () => [] },
      execute() {},
    });
  });

  it("writes the API's JSON, with required options first", () => {
    const command = defineCommand({
      name: "volume",
      description: "Sets the volume",
      contexts: ["guild", "botDm"],
      integrationTypes: ["guild"],
      defaultMemberPermissions: ["manageGuild"],
      options: {
        ramp: { type: "boolean", description: "Slowly" },
        percent: { type: "integer", description: "0 to 200", required: true, minimum: 0, maximum: 200 },
      },
      autocomplete: { percent: () => [] },
      execute() {},
    });
    expect(command.body).toEqual({
      type: 1,
      name: "volume",
      description: "Sets the volume",
      contexts: [0, 1],
      integration_types: [0],
      default_member_permissions: "32",
      options: [
        {
          type: 4,
          name: "percent",
          description: "0 to 200",
          required: true,
          min_value: 0,
          max_value: 200,
          autocomplete: true,
        },
        { type: 5, name: "ramp", description: "Slowly" },
      ],
    });
    expect(command.guildOnly).toBe(false);
  });

  it("names the field that passes a limit", () => {
    const execute = () => {};
    const name = errorOf(() => defineCommand({ name: "Play", description: "x", execute }));
    expect([name.code, name.details["path"]]).toEqual(["CORE_COMMAND_INVALID", "/Play"]);
    const description = errorOf(() => defineCommand({ name: "play", description: "x".repeat(101), execute }));
    expect(description.details["path"]).toBe("/play.description");
    const choices = Array.from({ length: 26 }, (_, index) => ({ name: `c${index}`, value: "v" }));
    const nameLocalizations = { de: "Abspielen" };
    const translated = errorOf(() => defineCommand({ name: "play", nameLocalizations, description: "x", execute }));
    expect(translated.details["path"]).toBe("/play.nameLocalizations.de");
    const option = errorOf(() =>
      defineCommand({
        name: "play",
        description: "x",
        options: { mode: { type: "string", description: "x", choices } },
        execute,
      }),
    );
    expect(option.details["path"]).toBe("/play.mode.choices");
  });

  it.each([
    ["/play.n.minimumLength", { type: "string", minimumLength: 6_001 }],
    ["/play.n.maximumLength", { type: "string", maximumLength: 0 }],
    ["/play.n.maximumLength", { type: "string", minimumLength: 5, maximumLength: 4 }],
    ["/play.n.maximum", { type: "integer", minimum: 5, maximum: 4 }],
    ["/play.n.minimum", { type: "integer", minimum: 0.5 }],
    ["/play.n.maximum", { type: "number", maximum: Number.NaN }],
  ] as const)("refuses %s of %j", (path, option) => {
    const options = { n: { ...option, description: "x" } };
    const error = errorOf(() => defineCommand({ name: "play", description: "x", options, execute() {} }));
    expect([error.code, error.details["path"]]).toEqual(["CORE_COMMAND_INVALID", path]);
  });

  it("refuses settings that no option has, by type and, without types, by a message", () => {
    const error = errorOf(() =>
      defineCommand({
        name: "volume",
        description: "x",
        // @ts-expect-error it is called minimum
        options: { percent: { type: "integer", description: "x", min: 0 } },
        execute() {},
      }),
    );
    expect([error.code, error.details["path"]]).toEqual(["CORE_COMMAND_INVALID", "percent.min"]);
    expect(error.message).toContain("minimum, maximum");
  });

  it("writes the translations of names, descriptions and choices", () => {
    const command = defineCommand({
      name: "play",
      nameLocalizations: { de: "abspielen" },
      description: "Plays",
      descriptionLocalizations: { de: "Spielt", fr: undefined },
      options: {
        mode: {
          type: "string",
          description: "Mode",
          nameLocalizations: { de: "modus" },
          choices: [{ name: "One", nameLocalizations: { de: "Eins" }, value: "one" }],
        },
      },
      execute: () => {},
    });
    expect(command.body).toEqual({
      type: 1,
      name: "play",
      name_localizations: { de: "abspielen" },
      description: "Plays",
      description_localizations: { de: "Spielt" },
      options: [
        {
          type: 3,
          name: "mode",
          name_localizations: { de: "modus" },
          description: "Mode",
          choices: [{ name: "One", name_localizations: { de: "Eins" }, value: "one" }],
        },
      ],
    });
  });

  it("counts the longest translation towards the 8,000 characters of a command", () => {
    const choices = Array.from({ length: 25 }, (_, index) => ({
      name: `c${index}`,
      nameLocalizations: { de: "x".repeat(100) },
      value: index,
    }));
    const option = { type: "integer", description: "x", choices } as const;
    const define = (count: number) =>
      defineCommand({
        name: "play",
        description: "x",
        options: Object.fromEntries(Array.from({ length: count }, (_, index) => [`o${index}`, option])),
        execute: () => {},
      });
    expect(define(3).name).toBe("play");
    expect(errorOf(() => define(4)).details["path"]).toBe("/play");
  });
});

describe("defineCommandGroup", () => {
  it("collects subcommands and groups under their paths", () => {
    const clear = defineSubcommand({ description: "Clears", execute() {} });
    const add = defineSubcommand({
      description: "Adds",
      options: { role: { type: "role", description: "Who", required: true } },
      execute() {},
    });
    const command = defineCommandGroup({
      name: "queue",
      description: "The queue",
      contexts: ["guild"],
      subcommands: { clear, dj: { description: "DJs", subcommands: { add } } },
    });
    expect([...command.handlers.keys()]).toEqual(["clear", "dj add"]);
    expect(command.guildOnly).toBe(true);
    expect(command.body.options).toMatchObject([
      { type: 1, name: "clear" },
      { type: 2, name: "dj", options: [{ type: 1, name: "add", options: [{ type: 8, name: "role" }] }] },
    ]);
  });

  it("lets a subcommand count on its guild where the command says that, too", () => {
    const clear = defineSubcommand({
      description: "Clears",
      contexts: ["guild"],
      execute(context) {
        expectTypeOf(context.guildId).toEqualTypeOf<GuildId>();
      },
    });
    const define = (contexts?: readonly ["guild"]) =>
      defineCommandGroup({
        name: "queue",
        description: "x",
        contexts,
        subcommands: { dj: { description: "x", subcommands: { clear } } },
      });
    expect(define(["guild"]).guildOnly).toBe(true);
    expect(errorOf(() => define()).details["path"]).toBe("/queue.dj.clear.contexts");
  });

  it("wants a subcommand", () => {
    const define = () => defineCommandGroup({ name: "queue", description: "x", subcommands: {} });
    expect(errorOf(define).details["path"]).toBe("/queue.subcommands");
  });
});

describe("context-menu commands", () => {
  it("have names with capitals and spaces, and a typed target", () => {
    const report = defineMessageCommand({
      name: "Report message",
      nameLocalizations: { de: "Nachricht melden" },
      contexts: ["guild"],
      defaultMemberPermissions: ["manageMessages"],
      execute(context) {
        expectTypeOf(context.target).toEqualTypeOf<APIMessage>();
        expectTypeOf(context.guildId).toEqualTypeOf<GuildId>();
      },
    });
    expect(report.body).toEqual({
      type: 3,
      name: "Report message",
      name_localizations: { de: "Nachricht melden" },
      contexts: [0],
      default_member_permissions: "8192",
    });
    const user = defineUserCommand({
      name: "High five",
      execute(context) {
        expectTypeOf(context.target).toEqualTypeOf<PickedUser>();
      },
    });
    expect([user.body, user.guildOnly]).toEqual([{ type: 2, name: "High five" }, false]);
    const long = "x".repeat(33);
    expect(errorOf(() => defineUserCommand({ name: long, execute() {} })).details["path"]).toBe(long);
  });

  it("leave the launch of an activity to Discord unless there is a handler", () => {
    expect(defineEntryPoint({ name: "Launch" }).body).toEqual({ type: 4, name: "Launch", handler: 2 });
    expect(defineEntryPoint({ name: "Launch", execute() {} }).body.handler).toBe(1);
  });
});
