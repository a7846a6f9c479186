import { injectable, inject, createContainer, token } from "@antiphon/patterns/di";
import { createErrorManager, errorContext, handleErrors, type ErrorManager } from "@antiphon/patterns/errors";
import { createEventBus } from "@antiphon/patterns/events";
import { createMetrics, monitorPerformance } from "@antiphon/patterns/metrics";

// Node strips types but cannot run decorators: compile this with tsc or a bundler, as `test/decorators.test.ts` does.
const Name = token<string>("name");
const Port = token<number>("port");
const Service = token<Server>("server");
const metrics = createMetrics();
const errors: ErrorManager = createErrorManager();
const bus = createEventBus<{ message: string }>();
const heard: string[] = [];

@injectable(Name)
class Server {
  readonly name: string;
  @inject(Port) accessor port!: number;
  constructor(name: string) {
    this.name = name;
  }
  @handleErrors(errors)
  @errorContext("serving")
  @monitorPerformance(metrics)
  async serve(path: string): Promise<string> {
    if (path === "/") throw new Error("no path");
    return `${this.name}:${this.port}${path}`;
  }
  @bus.subscribe("message")
  onMessage(text: string): void {
    heard.push(`${this.name} ${text}`);
  }
}

const container = createContainer()
  .register(Name, { useValue: "localhost" })
  .register(Port, { useValue: 80 })
  .register(Service, { useClass: Server });
const server = container.get(Service);
const served = await server.serve("/a");
const failed = await server.serve("/").catch((error: Error) => error.message);
bus.emit("message", "hello");
const text = await metrics.text();

console.log(
  JSON.stringify({
    served,
    failed,
    heard,
    stages: errors.history()[0]?.context.stages,
    measured: text.includes('call_duration_ms_count{operation="serve",outcome="error"} 1'),
  }),
);
