// The patterns as TC39 decorators on classes, stacked on one method, and the same functions around plain ones. Node strips types but
// cannot run decorators: compile this with tsc or a bundler, here as `packages/patterns/test/decorators.test.ts` does
// (`npm test -- patterns`), in a project of your own with `tsc --target es2022` and then `node decorators.js`.
import { injectable, inject, createContainer, token } from "@antiphon/patterns/di";
import { createErrorManager, errorContext, handleErrors, type ErrorManager } from "@antiphon/patterns/errors";
import { createEventBus } from "@antiphon/patterns/events";
import { createMetrics, monitorPerformance } from "@antiphon/patterns/metrics";
import { cached } from "@antiphon/patterns/cache";
import { createCircuitBreaker } from "@antiphon/patterns/resilience";

const Name = token<string>("name");
const Port = token<number>("port");
const Service = token<Server>("server");
const metrics = createMetrics();
const errors: ErrorManager = createErrorManager();
const bus = createEventBus<{ message: string }>();
const breaker = createCircuitBreaker({ failureThreshold: 1 });
const heard: string[] = [];
let looks = 0;

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
  @breaker
  async connect(): Promise<string> {
    throw new Error("refused");
  }
  @bus.subscribe("message")
  onMessage(text: string): void {
    heard.push(`${this.name} ${text}`);
  }
}

// The same patterns around a function, one around the other.
const look = inject(
  Name,
  Port,
)(
  handleErrors(errors)(
    cached()(
      monitorPerformance(metrics)(async function look(name: string, port: number, path: string): Promise<string> {
        looks++;
        if (path === "/") throw new Error("no path");
        return `${name}:${port}${path}`;
      }),
    ),
  ),
);

const container = createContainer()
  .register(Name, { useValue: "localhost" })
  .register(Port, { useValue: 80 })
  .register(Service, { useClass: Server });
const server = container.get(Service);
const served = await server.serve("/a");
const failed = await server.serve("/").catch((error: Error) => error.message);
bus.emit("message", "hello");
const looked = [
  await container.run(() => look("/a")),
  await container.run(() => look("/a")),
  await container.run(() => look("/")).catch((error: Error) => error.message),
];
const tries = [
  await server.connect().catch((error: Error) => error.message),
  await server.connect().catch((error: { code: string }) => error.code),
];
const text = await metrics.text();

console.log(
  JSON.stringify({
    served,
    failed,
    heard,
    looked,
    looks,
    handled: errors.history().map(({ message }) => message),
    measuredLooks: text.includes('call_duration_ms_count{operation="look",outcome="ok"} 1'),
    tries,
    stages: errors.history()[0]?.context.stages,
    measured: text.includes('call_duration_ms_count{operation="serve",outcome="error"} 1'),
  }),
);
