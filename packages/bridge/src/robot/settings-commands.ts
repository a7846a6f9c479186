import { isCytubeFrame, type CytubeFrame } from "@antiphon/protocol/cytube";
import { when, type CommandContext, type RobotCommand } from "./commands.ts";

const MAXIMUM_CUSTOM_LENGTH = 20_000;

function filterOf({ args }: CommandContext) {
  return {
    name: args.text("name"),
    source: args.text("source"),
    flags: args.optionalText("flags") ?? "g",
    replace: args.text("replace"),
    active: args.flag(true, "active"),
    filterlinks: args.flag(false, "filterlinks"),
  };
}

function changeFilter(event: "addFilter" | "updateFilter"): RobotCommand {
  return {
    needs: "filteredit",
    lane: "settings",
    async run(context) {
      const filter = filterOf(context);
      return context.perform({
        send: [[event, filter]],
        shows: when("updateChatFilter", ({ name }) => name === filter.name),
      });
    },
  };
}

function customize(event: "setChannelCSS" | "setChannelJS", field: "css" | "js"): RobotCommand {
  return {
    needs: 3,
    lane: "settings",
    async run({ args, perform }) {
      // CyTube cuts silently what is longer.
      const text = args.text(field).slice(0, MAXIMUM_CUSTOM_LENGTH);
      return perform({
        send: [[event, { [field]: text }]],
        shows: when("channelCSSJS", (payload) => payload[field] === text),
      });
    },
  };
}

function invalidOption(frame: CytubeFrame): string | undefined {
  return isCytubeFrame(frame, "validationError") ? `${frame.payload.target} takes no such value.` : undefined;
}

/** Commands for what a channel looks like and what it allows. */
export const settingsCommands: Readonly<Record<string, RobotCommand>> = {
  setMotd: {
    needs: "motdedit",
    lane: "settings",
    run: ({ args, perform }) => perform({ send: [["setMotd", { motd: args.text("motd") }]], shows: when("setMotd") }),
  },
  setChannelCSS: customize("setChannelCSS", "css"),
  setChannelJS: customize("setChannelJS", "js"),
  setOptions: {
    needs: 2,
    lane: "settings",
    run: ({ args, perform }) =>
      perform({ send: [["setOptions", args.fields("options")]], shows: when("channelOpts"), refuses: invalidOption }),
  },
  setPermissions: {
    needs: 3,
    lane: "settings",
    run: ({ args, perform }) =>
      perform({ send: [["setPermissions", args.fields("permissions")]], shows: when("setPermissions") }),
  },
  updateEmote: {
    needs: "emoteedit",
    lane: "settings",
    run({ args, perform }) {
      const name = args.text("name");
      return perform({
        send: [["updateEmote", { name, image: args.text("image") }]],
        shows: when("updateEmote", (emote) => emote.name === name),
      });
    },
  },
  removeEmote: {
    needs: "emoteedit",
    lane: "settings",
    run({ args, perform }) {
      const name = args.text("name");
      return perform({ send: [["removeEmote", { name }]], shows: when("removeEmote", (emote) => emote.name === name) });
    },
  },
  addFilter: changeFilter("addFilter"),
  updateFilter: changeFilter("updateFilter"),
  removeFilter: {
    needs: "filteredit",
    lane: "settings",
    run({ args, perform }) {
      const name = args.text("name");
      return perform({
        send: [["removeFilter", { name }]],
        shows: when("deleteChatFilter", (filter) => filter.name === name),
      });
    },
  },
  deleteFromLibrary: {
    needs: "deletefromchannellib",
    lane: "settings",
    async run({ args, perform }) {
      const id = args.text("media_id", "id");
      // Nothing tells that it is gone but a search, whose answer comes after.
      return perform({
        send: [
          ["uncache", { id }],
          ["searchMedia", { query: "", source: "library" }],
        ],
        shows: (frame) =>
          isCytubeFrame(frame, "searchResults") && !frame.payload.results.some((media) => media.id === id)
            ? {}
            : undefined,
      });
    },
  },
};
