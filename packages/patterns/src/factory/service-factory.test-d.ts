import { token } from "../di/index.ts";
import { createServiceFactory } from "./service-factory.ts";

const Port = token<number>("port");
const factory = createServiceFactory().register("server", [Port], (port) => (host: string) => ({ port, host }));

factory.create("server", "localhost").host.toUpperCase();
// @ts-expect-error the host is missing
factory.create("server");
// @ts-expect-error the host is a string
factory.create("server", 1);
// @ts-expect-error there is no such product
factory.create("client");
// @ts-expect-error the first parameter is the port, a number
createServiceFactory().register("server", [Port], (port: string) => () => port);
