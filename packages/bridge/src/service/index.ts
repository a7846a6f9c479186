export { asyncApiDocument } from "./asyncapi.ts";
export {
  defineEvent,
  defineRequest,
  subjectOf,
  type BusContract,
  type EventContract,
  type RequestContract,
  type SubjectParameter,
  type SubjectParameters,
} from "./bus-contract.ts";
export { callService, type CallOptions } from "./call-service.ts";
export { listenEvent, publishEvent, sendEvent, subscribeEvent, type EventOptions } from "./events.ts";
export { messageHeaders, nextTraceparent } from "./message-headers.ts";
export {
  defineEndpoint,
  openBusService,
  type BusService,
  type BusServiceOptions,
  type CallContext,
  type ServiceEndpoint,
} from "./open-service.ts";
export { replySchema, type Reply } from "./reply.ts";
