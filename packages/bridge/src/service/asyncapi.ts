import { z } from "zod";
import { parametersOf, type BusContract } from "./bus-contract.ts";
import { messageHeaders } from "./message-headers.ts";
import { replySchema } from "./reply.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };

const HEADERS = {
  type: "object",
  properties: {
    [messageHeaders.traceparent]: { type: "string", description: "W3C Trace Context." },
    [messageHeaders.deadline]: { type: "string", description: "Of requests: {sentAtMs};{timeoutMs}." },
    [messageHeaders.idempotencyKey]: { type: "string", description: "Of requests: the same key is the same request." },
  },
};

/**
 * The AsyncAPI document of a contract: a channel, its messages and operations for each event and request.
 *
 * @see "AsyncAPI Specification 3.0.0"
 */
export function asyncApiDocument(contract: BusContract): Readonly<Record<string, Json>> {
  const channels: Record<string, Json> = {};
  const operations: Record<string, Json> = {};
  for (const [name, event] of Object.entries(contract.events)) {
    channels[name] = channel(event.subject, event.summary, { [name]: message(event.schema, event.summary) });
    operations[`publish_${name}`] = operation("send", name, name, event.summary);
  }
  for (const [name, request] of Object.entries(contract.requests)) {
    const answer = z.union([z.object({ ok: z.literal(true), data: request.answer }), replySchema.options[1]]);
    channels[name] = channel(request.subject, request.summary, {
      question: message(request.question, request.summary),
    });
    channels[`${name}_reply`] = { address: null, messages: { answer: message(answer, "The answer.") } };
    operations[`answer_${name}`] = {
      ...operation("receive", name, "question", request.summary),
      reply: {
        channel: { $ref: `#/channels/${name}_reply` },
        messages: [{ $ref: `#/channels/${name}_reply/messages/answer` }],
      },
    };
  }
  const { title, version, description } = contract;
  const info = { title, version, ...(description === undefined ? {} : { description }) };
  return { asyncapi: "3.0.0", info, defaultContentType: "application/json", channels, operations };
}

function channel(subject: string, summary: string, messages: Record<string, Json>) {
  const names = parametersOf(subject);
  const parameters = Object.fromEntries(names.map((name) => [name, { description: `One token: the ${name}.` }]));
  return { address: subject, summary, messages, ...(names.length === 0 ? {} : { parameters }) };
}

function message(schema: z.ZodType, summary: string) {
  const payload = z.toJSONSchema(schema, { target: "draft-7", io: "input", unrepresentable: "any" }) as {
    [name: string]: Json;
  };
  return { summary, contentType: "application/json", headers: HEADERS, payload };
}

function operation(action: "send" | "receive", name: string, messageName: string, summary: string) {
  return {
    action,
    summary,
    channel: { $ref: `#/channels/${name}` },
    messages: [{ $ref: `#/channels/${name}/messages/${messageName}` }],
  };
}
