export {
  createEventBus,
  type DeliveryFailure,
  type EventBus,
  type EventBusOptions,
  type EventHandler,
  type Observer,
  type PublishResult,
  type SubscribeDecorator,
  type SubscribeOptions,
} from "./event-bus.ts";
export type { BusEvent } from "./event-history.ts";
export { matchesTopic, type TopicFits, type TopicsOf } from "./topic-pattern.ts";
