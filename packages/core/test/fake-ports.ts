import type {
  Dispatch,
  DispatchSource,
  GatewayCommand,
  RestMethod,
  RestRequestOptions,
  RestTransport,
} from "@antiphon/protocol/discord";
import { AntiphonError, createEmitter } from "@antiphon/std";

/** A request that a fake transport was given. */
export interface FakeRequest {
  readonly method: RestMethod;
  readonly path: string;
  readonly options: RestRequestOptions;
}

/** A transport that answers from a function and remembers what it was asked. */
export interface FakeRest extends RestTransport {
  readonly requests: FakeRequest[];
  /** Answers, or throws; undefined is a 204. */
  answer: (request: FakeRequest) => unknown;
}

export function createFakeRest(): FakeRest {
  const rest: FakeRest = {
    requests: [],
    answer: () => undefined,
    async request<Result>(method: RestMethod, path: string, options: RestRequestOptions = {}): Promise<Result> {
      const request = { method, path, options };
      rest.requests.push(request);
      return rest.answer(request) as Result;
    },
  };
  return rest;
}

/** An HTTP error as a transport throws it. */
export function httpError(status: number, code?: number): AntiphonError {
  return new AntiphonError("FAKE_HTTP_ERROR", `HTTP ${status}`, { details: { status, code } });
}

/** A source of dispatches that a test drives. */
export interface FakeGateway extends DispatchSource {
  readonly sent: { readonly guildId: string | undefined; readonly command: GatewayCommand }[];
  readonly connects: number;
  readonly closes: number;
  /** What `connect` does; by default it dispatches READY without guilds. */
  onConnect: () => Promise<void> | void;
  dispatch(type: string, data: unknown): void;
}

export const botUser = { id: "100", username: "bot", discriminator: "0", global_name: null, avatar: null, bot: true };

export function readyPayload(guildIds: readonly string[] = []) {
  return {
    v: 10,
    user: botUser,
    guilds: guildIds.map((id) => ({ id, unavailable: true })),
    session_id: "session",
    resume_gateway_url: "ws://127.0.0.1",
    application: { id: "200", flags: 0 },
  };
}

export function createFakeGateway(): FakeGateway {
  const emitter = createEmitter<{ readonly type: "dispatch"; readonly dispatch: Dispatch }>();
  let sequence = 0;
  let connects = 0;
  let closes = 0;
  const gateway: FakeGateway = {
    sent: [],
    get connects() {
      return connects;
    },
    get closes() {
      return closes;
    },
    onConnect: () => gateway.dispatch("READY", readyPayload()),
    dispatch: (type, data) =>
      emitter.emit({ type: "dispatch", dispatch: { type, data, sequence: ++sequence, shardId: 0 } }),
    async connect() {
      connects++;
      await gateway.onConnect();
    },
    subscribe: (listener) => emitter.on("dispatch", ({ dispatch }) => listener(dispatch)),
    async send(guildId, command) {
      gateway.sent.push({ guildId, command });
    },
    latencyMs: 42,
    async close() {
      closes++;
    },
  };
  return gateway;
}

let nextInteractionId = 1000;

/** A slash command's INTERACTION_CREATE. */
export function commandInteraction(
  name: string,
  fields: {
    readonly options?: unknown;
    readonly resolved?: unknown;
    readonly guild?: boolean;
    readonly type?: number;
  } = {},
) {
  const { options, resolved, guild = true, type = 2 } = fields;
  return {
    ...interactionBase(guild, type),
    data: { id: "900", name, type: 1, options, resolved },
  };
}

/** The INTERACTION_CREATE of a command of a context menu (type 2 or 3), or of the entry point (4). */
export function menuInteraction(
  type: 2 | 3 | 4,
  name: string,
  fields: { readonly guild?: boolean; readonly target_id?: string; readonly resolved?: unknown } = {},
) {
  const { guild = true, ...data } = fields;
  return { ...interactionBase(guild, 2), data: { id: "900", name, type, ...data } };
}

/** A button's INTERACTION_CREATE. */
export function buttonInteraction(customId: string) {
  return {
    ...interactionBase(true, 3),
    data: { custom_id: customId, component_type: 2 },
    message: { id: "700", content: "" },
  };
}

/** A modal's INTERACTION_CREATE. */
export function modalInteraction(customId: string, components: unknown) {
  return { ...interactionBase(true, 5), data: { custom_id: customId, components } };
}

function interactionBase(guild: boolean, type: number) {
  const user = { id: "300", username: "ann", discriminator: "0", global_name: null, avatar: null };
  return {
    id: String(nextInteractionId++),
    application_id: "200",
    type,
    token: "secret-token",
    version: 1,
    channel: { id: "500", type: 0 },
    channel_id: "500",
    locale: "en-US",
    ...(guild ? { guild_id: "400", member: { user, roles: [], permissions: "0" } } : { user }),
  };
}
