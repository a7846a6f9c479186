import type { JetStreamClient, JetStreamManager } from "@nats-io/jetstream";
import type { Clock, Logger } from "@antiphon/std";
import type { BusMessage } from "./bus-message.ts";
import type { Obituary } from "./lane-runner.ts";
import type { NatsCore } from "./nats-core-bus.ts";
import type { Origin } from "./nats-origin.ts";

/** What a subscription over JetStream works with. */
export interface NatsStreamParts {
  readonly core: NatsCore;
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;
  readonly streamName: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Keeps a dead letter; `origin` is where the stream has its content. */
  bury(message: BusMessage, durable: string, obituary: Obituary, origin: Origin): Promise<void>;
}
