export {
  createApplicationContext,
  type ApplicationContext,
  type ApplicationContextOptions,
  type ContextEvent,
  type ContextState,
  type LifecycleHook,
  type ServiceOptions,
  type SignalOptions,
} from "./application-context.ts";
export { currentCaller, currentContext, requiresContext, type Caller } from "./current-context.ts";
