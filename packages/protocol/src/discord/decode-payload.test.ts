import { expect, it } from "vitest";
import { decodePayload, ProtocolError } from "./decode-payload.ts";
import { gatewayInfoSchema } from "./gateway-info.ts";

const limit = { total: 1_000, remaining: 999, reset_after: 0, max_concurrency: 1 };
const info = { url: "wss://gateway.example", shards: 1, session_start_limit: limit };

it("a payload that fails its schema is an error that names the path of the field", () => {
  expect(decodePayload(gatewayInfoSchema, { ...info, more: true }, "GET /gateway/bot")).toEqual({
    ...info,
    more: true,
  });
  const decode = (payload: unknown) => () => decodePayload(gatewayInfoSchema, payload, "GET /gateway/bot");
  const wrong = { ...info, session_start_limit: { ...limit, total: "many", remaining: -1 } };
  expect(decode(wrong)).toThrow(ProtocolError);
  expect(decode(wrong)).toThrow(
    expect.objectContaining({
      code: "PROTOCOL_INVALID_PAYLOAD",
      retryable: false,
      message: expect.stringMatching(/^GET \/gateway\/bot is not as documented: session_start_limit\.total: /),
      details: {
        payload: "GET /gateway/bot",
        path: "session_start_limit.total",
        issues: [
          expect.objectContaining({ path: "session_start_limit.total" }),
          expect.objectContaining({ path: "session_start_limit.remaining" }),
        ],
      },
    }),
  );
  expect(decode(null)).toThrow(expect.objectContaining({ details: expect.objectContaining({ path: "" }) }));
});
