export type {
  ApplicationContext,
  ApplicationContextOptions,
  ContextEvent,
  ContextState,
  LifecycleHook,
  ServiceOptions,
  SignalOptions,
} from "./application-context.ts";
export { createApplicationContext } from "./create-application-context.ts";
export { currentCaller, currentContext, requiresContext } from "./current-context.ts";
export type { Caller } from "./caller.ts";
