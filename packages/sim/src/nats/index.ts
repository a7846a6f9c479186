export { startNatsSimulator, type NatsSimulator, type NatsSimulatorOptions } from "./nats-simulator.ts";
