import { krytenCommandSchema, krytenEventSchema, startupEventSchema } from "@antiphon/protocol/kryten";
import { botEventSchema } from "../bot/bot-envelope.ts";
import { defineEvent, type BusContract } from "./bus-contract.ts";

/** What this package itself says on the bus: `asyncapi.json` is its document. */
export const bridgeContract: BusContract = {
  title: "Antiphon bridge",
  version: "1.0.0",
  description: "The events of bots and of CyTube channels on the bus.",
  events: {
    botEvent: defineEvent({
      subject: "antiphon.{app}.event.{name}.{guildId}",
      schema: botEventSchema,
      summary: "Something happened in a bot; `global` stands for no guild.",
    }),
    cytubeEvent: defineEvent({
      subject: "kryten.events.cytube.{channel}.{event}",
      schema: krytenEventSchema,
      summary: "A frame of a CyTube channel.",
    }),
    robotCommand: defineEvent({
      subject: "kryten.{service}.command",
      schema: krytenCommandSchema,
      summary: "What a service, such as the robot, shall do.",
    }),
    lifecycle: defineEvent({
      subject: "kryten.lifecycle.{service}.{stage}",
      schema: startupEventSchema,
      summary: "A service starts, beats, or leaves.",
    }),
  },
  requests: {},
};
