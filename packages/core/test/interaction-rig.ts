import { createManualClock, createSeededRandom } from "@antiphon/std";
import {
  createClient,
  defineCommand,
  type Client,
  type ClientEvent,
  type ClientOptions,
  type CommandContext,
} from "@antiphon/core";
import { createFakeGateway, createFakeRest, type FakeRest } from "./fake-ports.ts";

/** A connected client on fake ports and a manual clock, with what failed in its handlers. */
export async function setupInteractions(options: Partial<ClientOptions> = {}) {
  const clock = createManualClock();
  const gateway = createFakeGateway();
  const rest = createFakeRest();
  const client = createClient({ gateway, rest, intents: ["guilds"], clock, random: createSeededRandom(1), ...options });
  await client.connect();
  const errors: Extract<ClientEvent, { type: "interactionError" }>[] = [];
  client.on("interactionError", (event) => errors.push(event));
  const interact = async (payload: unknown) => {
    gateway.dispatch("INTERACTION_CREATE", payload);
    await clock.advance(0);
  };
  return { clock, gateway, rest, client, errors, interact };
}

/** The requests in short: method, path, and the response type or the content. */
export function summary(rest: FakeRest): string[] {
  return rest.requests.map(({ method, path, options }) => {
    const { type, content } = (options.body ?? {}) as { readonly type?: number; readonly content?: string };
    return `${method} ${path.replace(/\d+\/secret-token/, "ID")} ${type ?? content ?? ""}`.trim();
  });
}

/** Adds the command `test` without options. */
export function addCommand(
  client: Client,
  execute: (context: CommandContext) => Promise<void> | void,
  ephemeral = false,
) {
  client.commands.add(
    defineCommand({
      name: "test",
      description: "A test",
      ephemeral,
      execute: (context) => execute(context as CommandContext),
    }),
  );
}
