import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeGatewayFrame } from "./gateway-frame.ts";
import { gatewayInfoSchema } from "./gateway-info.ts";

describe("decodeGatewayFrame", () => {
  it("reads each kind of frame", () => {
    expect(decodeGatewayFrame({ op: 0, t: "MESSAGE_CREATE", s: 3, d: { id: "1" } })).toEqual({
      kind: "dispatch",
      type: "MESSAGE_CREATE",
      sequence: 3,
      data: { id: "1" },
    });
    expect(decodeGatewayFrame({ op: 0, t: "RESUMED", s: null, d: {} })).toMatchObject({ sequence: null });
    expect(decodeGatewayFrame({ op: 1, d: null })).toEqual({ kind: "heartbeat" });
    expect(decodeGatewayFrame({ op: 7, d: null })).toEqual({ kind: "reconnect" });
    expect(decodeGatewayFrame({ op: 9, d: true })).toEqual({ kind: "invalidSession", resumable: true });
    expect(decodeGatewayFrame({ op: 9, d: false })).toEqual({ kind: "invalidSession", resumable: false });
    expect(decodeGatewayFrame({ op: 10, d: { heartbeat_interval: 41_250 } })).toEqual({
      kind: "hello",
      heartbeatIntervalMs: 41_250,
    });
    expect(decodeGatewayFrame({ op: 11 })).toEqual({ kind: "heartbeatAck" });
    expect(decodeGatewayFrame({ op: 77 })).toEqual({ kind: "unknown", op: 77 });
  });

  it.each([
    undefined,
    null,
    "text",
    [],
    {},
    { op: "0" },
    { op: 0, s: 1, d: {} },
    { op: 0, t: "X", s: -1 },
    { op: 0, t: "X", s: 1.5 },
    { op: 0, t: "X", s: "1" },
    { op: 10 },
    { op: 10, d: { heartbeat_interval: 0 } },
    { op: 10, d: { heartbeat_interval: Number.NaN } },
    { op: 10, d: { heartbeat_interval: 1e12 } },
  ])("calls %j malformed", (value) => {
    expect(decodeGatewayFrame(value).kind).toBe("malformed");
  });

  it("never throws", () => {
    const field = fc.oneof(fc.anything(), fc.integer({ min: -1, max: 45 }));
    const anyFrame = fc.record({ op: field, t: fc.anything(), s: field, d: fc.anything() }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.oneof(anyFrame, fc.anything()), (value) => {
        expect(decodeGatewayFrame(value)).toHaveProperty("kind");
      }),
    );
  });
});

describe("gatewayInfoSchema", () => {
  const info = {
    url: "wss://gateway.discord.gg",
    shards: 1,
    session_start_limit: { total: 1000, remaining: 999, reset_after: 14_400_000, max_concurrency: 1 },
  };

  it("takes Discord's answer, also with fields it does not know", () => {
    expect(gatewayInfoSchema.parse({ ...info, new_field: 1 })).toMatchObject(info);
  });

  it.each([
    { ...info, url: "https://example.com" },
    { ...info, shards: 0 },
    { ...info, session_start_limit: undefined },
  ])("refuses %j", (value) => {
    expect(gatewayInfoSchema.safeParse(value).success).toBe(false);
  });
});
