import { defineBench } from "@antiphon/bench";
import { createContainer, token } from "@antiphon/patterns/di";
import * as awilix from "awilix";

const RESOLVES = 200_000;
const SCOPES = 100_000;

class Config {
  readonly name = "bot";
}
class Store {
  readonly config: Config;
  constructor(config: Config) {
    this.config = config;
  }
}
class Session {
  readonly store: Store;
  constructor(store: Store) {
    this.store = store;
  }
}

const tokens = { config: token<Config>("config"), store: token<Store>("store"), session: token<Session>("session") };
const ours = createContainer()
  .register(tokens.config, { useClass: Config, inject: [] })
  .register(tokens.store, { useClass: Store, inject: [tokens.config] })
  .register(tokens.session, { useClass: Session, inject: [tokens.store], lifetime: "scoped" });
const theirs = awilix.createContainer<{ config: Config; store: Store; session: Session }>({
  injectionMode: awilix.InjectionMode.CLASSIC,
});
theirs.register({
  config: awilix.asClass(Config).singleton(),
  store: awilix.asClass(Store).singleton(),
  session: awilix.asClass(Session).scoped(),
});

/** A singleton that exists. */
export const resolve = defineBench({
  name: "container resolve",
  unit: "µs CPU/op",
  subject: {
    name: "container.get",
    operationsPerRun: RESOLVES,
    run() {
      for (let index = 0; index < RESOLVES; index++) ours.get(tokens.store);
    },
  },
  rival: {
    name: "awilix resolve",
    version: "13.0.5",
    operationsPerRun: RESOLVES,
    run() {
      for (let index = 0; index < RESOLVES; index++) theirs.resolve("store");
    },
  },
  bar: { atMostTimesRival: 1 },
});

/** A scope for one request, and a service that lives in it. */
export const scope = defineBench({
  name: "scope + resolve",
  unit: "µs CPU/op",
  subject: {
    name: "createChild().get",
    operationsPerRun: SCOPES,
    run() {
      for (let index = 0; index < SCOPES; index++) ours.createChild().get(tokens.session);
    },
  },
  rival: {
    name: "awilix createScope().resolve",
    version: "13.0.5",
    operationsPerRun: SCOPES,
    run() {
      for (let index = 0; index < SCOPES; index++) theirs.createScope().resolve("session");
    },
  },
  bar: { atMostTimesRival: 0.1 },
});
