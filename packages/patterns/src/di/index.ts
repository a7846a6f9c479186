export type { Container, Resolver } from "./container.ts";
export { createContainer } from "./create-container.ts";
export { currentContainer, inject, type Injector } from "./inject.ts";
export {
  injectable,
  Lifetimes,
  type AsyncFactoryRegistration,
  type BuildOptions,
  type ClassRegistration,
  type FactoryRegistration,
  type InjectableRegistration,
  type Lifetime,
  type Registration,
  type ValueRegistration,
} from "./registration.ts";
export { token, type AnyToken, type Token, type ValueOf, type ValuesOf } from "./token.ts";
