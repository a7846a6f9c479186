import { createContainer } from "./create-container.ts";
import { inject } from "./inject.ts";
import { injectable } from "./registration.ts";
import { token } from "./token.ts";

interface Log {
  info(text: string): void;
}
const Name = token<string>("name");
const Port = token<number>("port");
const Logs = token<Log>("logs");
const Service = token<Server>("server");

@injectable(Name, Port)
class Server {
  readonly name: string;
  readonly port: number;
  @inject(Logs) accessor log!: Log;
  constructor(name: string, port: number) {
    this.name = name;
    this.port = port;
  }
}

const container = createContainer();
container.register(Service, { useClass: Server, inject: [Name, Port] });
container.register(Service, { useClass: Server, lifetime: "scoped" });
container.register(Service, { useFactory: (name, port) => new Server(name, port), inject: [Name, Port] });
container.register(Service, { useAsyncFactory: async (name) => new Server(name, 1), inject: [Name] });
container.get(Service).log.info("typed");
void (container.getAsync(Port) satisfies Promise<number>);
inject(Name, Port)((name, port, more: boolean) => [name, port, more] as const) satisfies (
  more: boolean,
) => readonly [string, number, boolean];

// @ts-expect-error the value is of another type
container.register(Port, { useValue: "80" });
// @ts-expect-error the factory builds something else
container.register(Port, { useFactory: (name) => name, inject: [Name] });
// @ts-expect-error the tokens are in the wrong order
container.register(Service, { useClass: Server, inject: [Port, Name] });

// @ts-expect-error the constructor takes a name and a port
@injectable(Port, Name)
class Swapped {
  readonly port: number;
  constructor(name: string, port: number) {
    this.port = port + name.length;
  }
}
void Swapped;

class WrongAccessor {
  // @ts-expect-error the token stands for a string
  @inject(Name) accessor port!: number;
}
void WrongAccessor;
