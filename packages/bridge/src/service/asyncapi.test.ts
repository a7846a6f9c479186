import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import specs from "@asyncapi/specs";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { z } from "zod";
import { asyncApiDocument } from "./asyncapi.ts";
import { defineEvent, defineRequest, type BusContract } from "./bus-contract.ts";
import { bridgeContract } from "./own-contract.ts";

// The schema brings the meta-schema of JSON Schema along.
const ajv = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false, logger: false });
const isValid = ajv.compile(specs.schemas["3.0.0"] as object);
const problems = (document: unknown) => (isValid(document) ? [] : isValid.errors);

const contract: BusContract = {
  title: "Shop",
  version: "2.0.0",
  events: {
    order: defineEvent({
      subject: "shop.{region}.order",
      schema: z.object({ item: z.string() }),
      summary: "Somebody orders.",
    }),
  },
  requests: {
    price: defineRequest({
      subject: "shop.price",
      question: z.object({ item: z.string() }),
      answer: z.object({ cents: z.number().int() }),
      summary: "What does it cost?",
    }),
  },
};

test("a contract's document is valid AsyncAPI 3 and says what travels where", () => {
  const document = asyncApiDocument(contract);
  expect(problems(document)).toEqual([]);
  expect(document).toMatchObject({
    asyncapi: "3.0.0",
    info: { title: "Shop", version: "2.0.0" },
    channels: {
      order: {
        address: "shop.{region}.order",
        parameters: { region: {} },
        messages: { order: { payload: { properties: { item: { type: "string" } } } } },
      },
      price: { address: "shop.price" },
      price_reply: { address: null },
    },
    operations: {
      publish_order: { action: "send" },
      answer_price: { action: "receive", reply: { channel: { $ref: "#/channels/price_reply" } } },
    },
  });
  expect(JSON.stringify(document)).toContain("cents");
});

test("the check is one: a document with a broken operation is refused", () => {
  const document = { ...asyncApiDocument(contract), operations: { broken: { action: "shout" } } };
  expect(problems(document)).not.toEqual([]);
});

const committed = fileURLToPath(new URL("../../asyncapi.json", import.meta.url));

test("the committed document is the one of the bridge's own contract; UPDATE_ASYNCAPI=1 writes it anew", async () => {
  const document = asyncApiDocument(bridgeContract);
  expect(problems(document)).toEqual([]);
  if (process.env["UPDATE_ASYNCAPI"] === "1") await writeFile(committed, `${JSON.stringify(document, null, 2)}\n`);
  expect(JSON.parse(await readFile(committed, "utf8"))).toEqual(document);
});
