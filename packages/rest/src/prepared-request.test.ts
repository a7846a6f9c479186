import { createSeededRandom } from "@antiphon/std";
import { describe, expect, it } from "vitest";
import { prepareRequest, type RequestDefaults } from "./prepared-request.ts";

const defaults: RequestDefaults = {
  userAgent: "DiscordBot (test, 1)",
  authorization: "Bot secret",
  enforceNonce: true,
  uploadLimitBytes: 1_000,
  random: createSeededRandom(1),
};
const message = "/channels/1300000000000000000/messages";

describe("prepareRequest", () => {
  it("sends JSON with a content type, and nothing without a body", () => {
    const request = prepareRequest("PATCH", "/users/@me", { body: { username: "x" } }, defaults);
    expect(request).toMatchObject({
      body: '{"username":"x"}',
      headers: {
        "content-type": "application/json",
        authorization: "Bot secret",
        "user-agent": "DiscordBot (test, 1)",
      },
    });
    expect(prepareRequest("GET", "/users/@me", {}, defaults)).toMatchObject({ body: null, search: "" });
    expect(prepareRequest("GET", "/x", {}, defaults).headers).not.toHaveProperty("content-type");
  });

  it("leaves the token out where it is not wanted, and says so when there is none", () => {
    expect(prepareRequest("GET", "/x", { authenticate: false }, defaults).headers).not.toHaveProperty("authorization");
    expect(() => prepareRequest("GET", "/x", {}, { ...defaults, authorization: undefined })).toThrow("needs a token");
  });

  it("repeats the key of an array in the query, and leaves out what is undefined", () => {
    const query = { limit: 5, ids: ["1", "2"], deep: true, after: undefined, text: "ä &" };
    expect(prepareRequest("GET", "/x", { query }, defaults).search).toBe(
      "?limit=5&ids=1&ids=2&deep=true&text=%C3%A4+%26",
    );
  });

  it("encodes the audit log reason, and checks its length", () => {
    expect(prepareRequest("DELETE", "/x", { reason: "größe 🎵" }, defaults).headers["x-audit-log-reason"]).toBe(
      "gr%C3%B6%C3%9Fe%20%F0%9F%8E%B5",
    );
    for (const reason of ["", "x".repeat(513), "\ud800"]) {
      expect(() => prepareRequest("DELETE", "/x", { reason }, defaults)).toThrow("reason");
    }
  });

  it.each(["x", "//evil.example/x", "/a/../b", "/a/%2e%2e/b", "/a b", "/a?b=1", "/a#b", "/a\\b", "/a\nb"])(
    "refuses the path %j",
    (path) => {
      expect(() => prepareRequest("GET", path, {}, defaults)).toThrow(
        expect.objectContaining({ code: "REST_INVALID_REQUEST" }) as Error,
      );
    },
  );

  it("encodes an emoji in the path once", () => {
    expect(prepareRequest("PUT", "/reactions/🔥/@me", {}, defaults).path).toBe("/reactions/%F0%9F%94%A5/@me");
    expect(prepareRequest("PUT", "/reactions/%F0%9F%94%A5/@me", {}, defaults).path).toBe("/reactions/%F0%9F%94%A5/@me");
  });

  it("makes messages repeatable with a nonce, unless they have one or must not", () => {
    const own = prepareRequest("POST", message, { body: { content: "x" } }, defaults);
    expect(own.repeatable).toBe(true);
    expect(JSON.parse(own.body as string)).toEqual({
      content: "x",
      nonce: expect.stringMatching(/^\d{18}$/) as string,
      enforce_nonce: true,
    });
    const given = (body: object) => prepareRequest("POST", message, { body }, defaults);
    expect(given({ nonce: "1", enforce_nonce: true }).repeatable).toBe(true);
    expect(given({ nonce: "1" })).toMatchObject({ repeatable: false, body: '{"nonce":"1"}' });
    expect(given({ enforce_nonce: false })).toMatchObject({ repeatable: false, body: '{"enforce_nonce":false}' });
    expect(prepareRequest("POST", message, { body: {} }, { ...defaults, enforceNonce: false }).repeatable).toBe(false);
    expect(prepareRequest("POST", "/channels/1/invites", { body: {} }, defaults).repeatable).toBe(false);
    expect(prepareRequest("PUT", "/x", { body: {} }, defaults).repeatable).toBe(true);
  });

  it("uploads files beside the JSON", () => {
    const files = [
      { name: 'a"b\r\n.txt', data: "text", contentType: "text/plain" },
      { name: "b.bin", data: new Uint8Array([0, 255, 13, 10]) },
    ];
    const { headers, body } = prepareRequest("POST", "/x", { body: { a: 1 }, files }, defaults);
    const boundary = /boundary=(.+)$/.exec(headers["content-type"] ?? "")?.[1];
    expect((body as Buffer).toString("latin1")).toBe(
      [
        `--${boundary}`,
        'Content-Disposition: form-data; name="payload_json"',
        "Content-Type: application/json",
        "",
        '{"a":1}',
        `--${boundary}`,
        'Content-Disposition: form-data; name="files[0]"; filename="a%22b%0D%0A.txt"',
        "Content-Type: text/plain",
        "",
        "text",
        `--${boundary}`,
        'Content-Disposition: form-data; name="files[1]"; filename="b.bin"',
        "Content-Type: application/octet-stream",
        "",
        "\u0000\u00ff\r\n",
        `--${boundary}--`,
        "",
      ].join("\r\n"),
    );
  });

  it("refuses a body that is no JSON", () => {
    expect(() => prepareRequest("POST", "/x", { body: { id: 1n } }, defaults)).toThrow("JSON");
  });
});
