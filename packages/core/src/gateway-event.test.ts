import type { APIMessage, APIVoiceState, GatewayGuildMembersChunkDispatchData } from "discord-api-types/v10";
import { describe, expect, expectTypeOf, it } from "vitest";
import { gatewayEventNames, toGatewayEvent, type GatewayEvent } from "./gateway-event.ts";

describe("gateway events", () => {
  it("have the ecosystem's names", () => {
    expect(gatewayEventNames.get("MESSAGE_CREATE")).toBe("messageCreate");
    expect(gatewayEventNames.get("GUILD_SCHEDULED_EVENT_USER_ADD")).toBe("guildScheduledEventUserAdd");
    expect(gatewayEventNames.get("VOICE_CHANNEL_STATUS_UPDATE")).toBe("voiceChannelStatusUpdate");
    expect(gatewayEventNames.get("READY")).toBe("ready");
    expect(gatewayEventNames.size).toBeGreaterThanOrEqual(75);
  });

  it("have typed payloads", () => {
    type DataOf<Type extends GatewayEvent["type"]> = Extract<GatewayEvent, { type: Type }>["data"];
    expectTypeOf<DataOf<"messageCreate">>().toExtend<Pick<APIMessage, "content">>();
    expectTypeOf<DataOf<"voiceStateUpdate">>().toEqualTypeOf<APIVoiceState>();
    expectTypeOf<DataOf<"guildMembersChunk">>().toEqualTypeOf<GatewayGuildMembersChunkDispatchData>();
    // No name of the table may be without a payload.
    type Missing = {
      [Type in GatewayEvent["type"]]: [DataOf<Type>] extends [never] ? Type : never;
    }[GatewayEvent["type"]];
    expectTypeOf<Missing>().toEqualTypeOf<never>();
  });

  it("leave unknown dispatches alone", () => {
    expect(toGatewayEvent({ type: "NEW_THING", data: 1, sequence: 1, shardId: 0 })).toBeUndefined();
    expect(toGatewayEvent({ type: "TYPING_START", data: 1, sequence: 1, shardId: 3 })).toEqual({
      type: "typingStart",
      data: 1,
      shardId: 3,
    });
  });
});
