import type { Dispatch } from "@antiphon/protocol/discord";
import { GatewayDispatchEvents, type GatewayDispatchPayload } from "discord-api-types/v10";

/** The name of a dispatch on the wire: `MESSAGE_CREATE`. */
export type DispatchName = `${GatewayDispatchEvents}`;

type CamelCase<Text extends string> = Text extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<CamelCase<Tail>>}`
  : Lowercase<Text>;

type PayloadOf<Payload extends GatewayDispatchPayload, Name extends DispatchName> = Payload extends {
  t: infer Type extends string;
}
  ? Name extends `${Type}`
    ? Payload["d"]
    : never
  : never;

/** The payload of a dispatch by its name on the wire. */
export type DispatchData<Name extends DispatchName> = PayloadOf<GatewayDispatchPayload, Name>;

/** One dispatch of the gateway, under its camelCase name: `messageCreate`. */
export type GatewayEvent = {
  [Name in DispatchName]: {
    readonly type: CamelCase<Name>;
    /** The payload as Discord sent it. */
    readonly data: DispatchData<Name>;
    /** The shard that received it. */
    readonly shardId: number;
  };
}[DispatchName];

/** The camelCase name of a gateway event. */
export type GatewayEventName = GatewayEvent["type"];

function camelCase(wireName: string): string {
  return wireName.toLowerCase().replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** The camelCase name of every known dispatch by its name on the wire; the list is that of discord-api-types. */
export const gatewayEventNames: ReadonlyMap<string, GatewayEventName> = new Map(
  Object.values(GatewayDispatchEvents).map((wireName) => [wireName, camelCase(wireName) as GatewayEventName]),
);

/** A dispatch as a typed event, or undefined when its name is not known. The payload is Discord's word, not checked. */
export function toGatewayEvent(dispatch: Dispatch): GatewayEvent | undefined {
  const type = gatewayEventNames.get(dispatch.type);
  if (type === undefined) return undefined;
  return { type, data: dispatch.data, shardId: dispatch.shardId } as GatewayEvent;
}
