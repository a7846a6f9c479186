import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { flattenErrors } from "./field-error.ts";
import { httpError } from "./rest-error.ts";

// Discord Docs/Reference, "Error Messages": the three examples of the page.
const arrayError = {
  activities: {
    "0": {
      platform: {
        _errors: [{ code: "BASE_TYPE_CHOICES", message: "Value must be one of ('desktop', 'android', 'ios')." }],
      },
      type: { _errors: [{ code: "BASE_TYPE_CHOICES", message: "Value must be one of (0, 1, 2, 3, 4, 5)." }] },
    },
  },
};
const objectError = { access_token: { _errors: [{ code: "BASE_TYPE_REQUIRED", message: "This field is required" }] } };
const requestError = {
  _errors: [{ code: "APPLICATION_COMMAND_TOO_LARGE", message: "Command exceeds maximum size (8000)" }],
};

describe("flattenErrors", () => {
  it("names each field as code would", () => {
    expect(flattenErrors(arrayError).map(({ path }) => path)).toEqual(["activities[0].platform", "activities[0].type"]);
    expect(flattenErrors(objectError)).toEqual([
      { path: "access_token", code: "BASE_TYPE_REQUIRED", message: "This field is required" },
    ]);
    expect(flattenErrors(requestError).map(({ path }) => path)).toEqual(["body"]);
  });

  it("never throws, and stays within its bounds", () => {
    fc.assert(fc.property(fc.anything(), (tree) => flattenErrors(tree).length <= 200));
    const wide = { _errors: Array.from({ length: 5_000 }, () => ({ code: "X", message: "y" })) };
    expect(flattenErrors(wide)).toHaveLength(200);
    let deep: object = requestError;
    for (let depth = 0; depth < 100_000; depth++) deep = { child: deep };
    expect(flattenErrors(deep)).toEqual([]);
  });
});

describe("httpError", () => {
  const request = { method: "POST", path: "/channels/1/messages" } as const;

  it("says what is wrong with which field, in one line", () => {
    const body = { code: 50035, message: "Invalid Form Body", errors: objectError };
    const error = httpError(request, 400, body);
    expect(error.message).toBe(
      "POST /channels/1/messages failed with 400 (50035): Invalid Form Body; access_token: This field is required",
    );
    expect(error).toMatchObject({
      code: "REST_HTTP_ERROR",
      retryable: false,
      details: { status: 400, discordCode: 50035, method: "POST", path: "/channels/1/messages" },
    });
  });

  it.each([[undefined], [null], ["<html>"], [{}], [{ code: "x", message: 1, errors: "y" }]])(
    "copes with the body %j",
    (body) => {
      const error = httpError(request, 502, body);
      expect(error.message).toBe("POST /channels/1/messages failed with 502: no reason given");
      expect(error.retryable).toBe(true);
    },
  );

  it("knows an invalid token by its status", () => {
    expect(httpError(request, 401, { message: "401: Unauthorized", code: 0 })).toMatchObject({
      code: "REST_UNAUTHORIZED",
      message: expect.stringContaining("developer portal") as string,
    });
  });
});
