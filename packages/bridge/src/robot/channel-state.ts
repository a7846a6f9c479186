import type { CytubeFrame, CytubeFrames, CytubeUser, PlaylistItem, PlaylistPlace } from "@antiphon/protocol/cytube";

/** What is known of a channel, exactly as its server sent it. */
export interface ChannelState {
  readonly users: readonly CytubeUser[];
  readonly items: readonly PlaylistItem[];
  /** What plays, with its uid as far as it is known. */
  readonly current: (CytubeFrames["changeMedia"] & { readonly uid?: number }) | undefined;
  readonly emotes: CytubeFrames["emoteList"];
  readonly motd: string;
  readonly css: string;
  readonly js: string;
  readonly options: CytubeFrames["channelOpts"];
  readonly permissions: CytubeFrames["setPermissions"];
  readonly poll: CytubeFrames["newPoll"] | undefined;
  readonly leader: string;
  readonly rank: number;
  readonly locked: boolean;
  readonly currentUid: number | null;
}

/** A channel of which nothing is known yet. */
export const emptyChannelState: ChannelState = {
  users: [],
  items: [],
  current: undefined,
  emotes: [],
  motd: "",
  css: "",
  js: "",
  options: {},
  permissions: {},
  poll: undefined,
  leader: "",
  rank: -1,
  locked: true,
  currentUid: null,
};

/** The state after a frame; the same object when the frame changes nothing. */
export function stepChannelState(state: ChannelState, frame: CytubeFrame): ChannelState {
  if (!frame.known) return state;
  switch (frame.name) {
    case "userlist":
      return { ...state, users: frame.payload };
    case "addUser":
      return { ...state, users: [...without(state.users, frame.payload.name), frame.payload] };
    case "userLeave":
      return { ...state, users: without(state.users, frame.payload.name) };
    case "setUserRank":
      // Only the rank: what else is known of the user stays.
      return changeUser(state, frame.payload.name, { rank: frame.payload.rank });
    case "setUserMeta":
      return changeUser(state, frame.payload.name, { meta: frame.payload.meta });
    case "setUserProfile":
      return changeUser(state, frame.payload.name, { profile: frame.payload.profile });
    case "setAFK": {
      const user = state.users.find(({ name }) => name === frame.payload.name);
      return changeUser(state, frame.payload.name, { meta: { ...user?.meta, afk: frame.payload.afk } });
    }
    case "playlist":
      return {
        ...state,
        items: frame.payload,
        ...(frame.payload.length === 0 ? { current: undefined, currentUid: null } : {}),
      };
    case "queue":
      return { ...state, items: insert(state.items, frame.payload.item, frame.payload.after) };
    case "delete":
      return { ...state, items: state.items.filter(({ uid }) => uid !== frame.payload.uid) };
    case "moveVideo": {
      const item = state.items.find(({ uid }) => uid === frame.payload.from);
      if (item === undefined) return state;
      return {
        ...state,
        items: insert(
          state.items.filter((each) => each !== item),
          item,
          frame.payload.after,
        ),
      };
    }
    case "setTemp": {
      const { uid, temp } = frame.payload;
      return { ...state, items: state.items.map((item) => (item.uid === uid ? { ...item, temp } : item)) };
    }
    case "setCurrent":
      return { ...state, currentUid: frame.payload };
    case "changeMedia": {
      // It has no uid of its own; the one that `setCurrent` told just before is meant.
      const uid = state.currentUid === null ? {} : { uid: state.currentUid };
      return { ...state, current: { ...frame.payload, ...uid } };
    }
    default:
      return stepChannelSettings(state, frame);
  }
}

function stepChannelSettings(state: ChannelState, frame: Extract<CytubeFrame, { known: true }>): ChannelState {
  switch (frame.name) {
    case "emoteList":
      return { ...state, emotes: frame.payload };
    case "updateEmote": {
      const { payload } = frame;
      const known = state.emotes.some(({ name }) => name === payload.name);
      const emotes = known
        ? state.emotes.map((emote) => (emote.name === payload.name ? payload : emote))
        : [...state.emotes, payload];
      return { ...state, emotes };
    }
    case "renameEmote": {
      const { old, ...renamed } = frame.payload;
      return { ...state, emotes: state.emotes.map((emote) => (emote.name === old ? renamed : emote)) };
    }
    case "removeEmote":
      return { ...state, emotes: state.emotes.filter(({ name }) => name !== frame.payload.name) };
    case "setMotd":
      return { ...state, motd: frame.payload };
    case "channelCSSJS":
      return { ...state, css: frame.payload.css, js: frame.payload.js };
    case "channelOpts":
      return { ...state, options: frame.payload };
    case "setPermissions":
      return { ...state, permissions: frame.payload };
    case "newPoll":
    case "updatePoll":
      return { ...state, poll: frame.payload };
    case "closePoll":
      return { ...state, poll: undefined };
    case "setLeader":
      return { ...state, leader: frame.payload };
    case "rank":
      return { ...state, rank: frame.payload };
    case "setPlaylistLocked":
      return { ...state, locked: frame.payload };
    default:
      return state;
  }
}

function without(users: readonly CytubeUser[], name: string): readonly CytubeUser[] {
  return users.filter((user) => user.name !== name);
}

function changeUser(state: ChannelState, name: string, change: Partial<CytubeUser>): ChannelState {
  if (!state.users.some((user) => user.name === name)) return state;
  return { ...state, users: state.users.map((user) => (user.name === name ? { ...user, ...change } : user)) };
}

function insert(items: readonly PlaylistItem[], item: PlaylistItem, after: PlaylistPlace): readonly PlaylistItem[] {
  if (after === "append") return [...items, item];
  const at = after === "prepend" ? 0 : items.findIndex(({ uid }) => uid === after) + 1;
  // An item behind one that is unknown goes to the end: the state is behind, and the next `playlist` mends it.
  return at === 0 && after !== "prepend" ? [...items, item] : items.toSpliced(at, 0, item);
}
