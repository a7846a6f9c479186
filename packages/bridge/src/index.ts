export {
  botCommandSubject,
  botEventSubject,
  defineBusCommand,
  openBotBridge,
  type BotBridge,
  type BotBridgeOptions,
  type BusCommand,
} from "./bot/bot-bridge.ts";
export { botEventSchema, commandReplySchema, type BotEvent, type CommandReply } from "./bot/bot-envelope.ts";
export { CommandRefusedError, createBotRemote, type BotRemote } from "./bot/bot-remote.ts";
export type { BusMessage, BusSubscription } from "./bus/bus-message.ts";
export {
  MAXIMUM_ATTEMPTS,
  MAXIMUM_MESSAGE_BYTES,
  type BusStats,
  type BusTransport,
  type CoreBus,
  type PublishOptions,
  type RequestOptions,
  type SendOptions,
} from "./bus/bus-transport.ts";
export type {
  DeadLetter,
  DeadLetterNotice,
  DeadLetterOptions,
  DeadLetterReason,
  DurableState,
  StreamAdministration,
  StreamStart,
  SubscribeOptions,
} from "./bus/bus-stream.ts";
export { rejectMessage } from "./bus/lane-runner.ts";
export type { OutboxOverflow } from "./bus/outbox.ts";
export { createMemoryBus, type MemoryBusOptions } from "./bus/memory-bus.ts";
export { type KeyValueChange, type KeyValueEntry, type KeyValueOptions, type KeyValueStore } from "./bus/key-value.ts";
export { connectNatsCoreBus } from "./bus/nats-core-bus.ts";
export type { NatsConnectionOptions } from "./bus/nats-connection.ts";
export { connectNatsBus, type NatsBusOptions } from "./bus/nats-bus.ts";
export { subjectToken } from "./bus/subject.ts";
export { BridgeError, type BridgeErrorCode } from "./error.ts";
