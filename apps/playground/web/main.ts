import type { APIMessage } from "discord-api-types/v10";
import type { PageChannel, PageCommand, PageMember, PageMessage, ServerMessage } from "../src/page-protocol.ts";
import { createComposer } from "./composer.ts";
import { avatar, byId, element } from "./element.ts";
import { createListen } from "./listen.ts";
import type { MentionNames } from "./markdown.ts";
import { messageView } from "./message-view.ts";

const RECONNECT_MS = 1_000;
const NOTICE_MS = 6_000;

/** Everything the page knows; the server says it anew after each connect. */
const state = {
  me: undefined as PageMember | undefined,
  channels: [] as readonly PageChannel[],
  members: new Map<string, PageMember>(),
  messages: new Map<string, Map<string, APIMessage>>(),
  commands: [] as readonly PageCommand[],
  voice: new Map<string, string>(),
  speaking: new Set<string>(),
  channelId: "",
};
let socket: WebSocket | undefined;

const names: MentionNames = {
  user: (id) => state.members.get(id)?.name,
  channel: (id) => state.channels.find((channel) => channel.id === id)?.name,
};
const send = (message: PageMessage) => {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  else notice("The playground is not connected. Is it still running in the terminal?");
};

function notice(text: string): void {
  const node = element("div", { class: "notice" }, text);
  byId("notices", HTMLDivElement).append(node);
  setTimeout(() => node.remove(), NOTICE_MS);
}

function showChannels(): void {
  byId("channels", HTMLDivElement).replaceChildren(
    ...state.channels.flatMap((channel) => {
      const joined = channel.kind === "voice" && state.me !== undefined && state.voice.get(state.me.id) === channel.id;
      const attributes = {
        type: "button",
        class: "channel",
        "aria-current": String(channel.id === state.channelId || joined),
        "data-channel": channel.id,
      };
      const note = channel.kind === "voice" ? (joined ? " · leave" : " · join") : "";
      const button = element(
        "button",
        attributes,
        channel.kind === "voice" ? "🔊" : "#",
        ` ${channel.name}`,
        element("span", { class: "note" }, note),
      );
      button.addEventListener("click", () => {
        if (channel.kind === "voice") send({ type: "joinVoice", channelId: joined ? null : channel.id });
        else openChannel(channel);
      });
      return channel.kind === "voice" ? [button, voiceMembers(channel)] : [button];
    }),
  );
}

function voiceMembers(channel: PageChannel): HTMLElement {
  const inside = [...state.voice].filter(([, channelId]) => channelId === channel.id);
  const items = inside.map(([userId]) => {
    const name = state.members.get(userId)?.name ?? "Somebody";
    const speaking = state.speaking.has(userId);
    return element(
      "li",
      { class: speaking ? "speaking" : undefined, "data-user": userId },
      avatar(userId, name, true),
      name,
    );
  });
  return element("ul", { class: "channel-members" }, ...items);
}

function openChannel(channel: PageChannel): void {
  state.channelId = channel.id;
  byId("channel-name", HTMLSpanElement).textContent = `# ${channel.name}`;
  showChannels();
  showMessages();
}

function showMessages(): void {
  const list = byId("messages", HTMLOListElement);
  list.replaceChildren(...[...(state.messages.get(state.channelId)?.values() ?? [])].map(view));
  list.scrollTop = list.scrollHeight;
}

const view = (message: APIMessage) =>
  messageView(message, {
    names,
    press: ({ id, channel_id: channelId }, customId) => send({ type: "press", channelId, messageId: id, customId }),
  });

function showMessage(channelId: string, message: APIMessage): void {
  const known = state.messages.get(channelId) ?? new Map<string, APIMessage>();
  state.messages.set(channelId, known.set(message.id, message));
  if (channelId !== state.channelId) return;
  const list = byId("messages", HTMLOListElement);
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const old = list.querySelector(`[data-message="${message.id}"]`);
  if (old === null) list.append(view(message));
  else old.replaceWith(view(message));
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function showMembers(): void {
  byId("members", HTMLUListElement).replaceChildren(
    ...[...state.members.values()].map(({ id, name, bot }) =>
      element("li", {}, avatar(id, name, true), name, bot && element("span", { class: "tag" }, "APP")),
    ),
  );
  if (state.me !== undefined)
    byId("me", HTMLElement).replaceChildren(avatar(state.me.id, state.me.name), element("strong", {}, state.me.name));
}

function receive(message: ServerMessage): void {
  switch (message.type) {
    case "hello":
      state.me = message.me;
      state.channels = message.channels;
      state.members = new Map(message.members.map((member) => [member.id, member]));
      state.messages = new Map(
        Object.entries(message.messages).map(([id, list]) => [id, new Map(list.map((entry) => [entry.id, entry]))]),
      );
      state.commands = message.commands;
      state.voice = new Map(message.voice.map(({ userId, channelId }) => [userId, channelId]));
      state.speaking.clear();
      byId("guild", HTMLHeadingElement).textContent = message.guildName;
      showMembers();
      openChannel(state.channels.find(({ id }) => id === state.channelId) ?? (state.channels[0] as PageChannel));
      return;
    case "message":
      return showMessage(message.channelId, message.message);
    case "messageDelete":
      state.messages.get(message.channelId)?.delete(message.messageId);
      return showMessages();
    case "voice":
      if (message.channelId === null) state.voice.delete(message.userId);
      else state.voice.set(message.userId, message.channelId);
      return showChannels();
    case "speaking":
      if (message.speaking) state.speaking.add(message.userId);
      else state.speaking.delete(message.userId);
      return showChannels();
    case "commands":
      state.commands = message.commands;
      return;
    case "choices":
      return composer.choices(message.requestId, message.choices);
    case "notice":
      return notice(message.text);
  }
}

function connect(): void {
  const status = byId("status", HTMLSpanElement);
  const opened = new WebSocket(`${location.origin.replace("http", "ws")}/page`);
  socket = opened;
  opened.addEventListener("open", () => {
    status.textContent = "connected";
  });
  opened.addEventListener("message", ({ data }: MessageEvent<string>) => receive(JSON.parse(data) as ServerMessage));
  opened.addEventListener("close", () => {
    status.textContent = "not connected, trying again…";
    setTimeout(connect, RECONNECT_MS);
  });
}

const composer = createComposer({ commands: () => state.commands, channelId: () => state.channelId, send });
createListen({ notice });
connect();
