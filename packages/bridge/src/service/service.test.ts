import { createMemoryBus } from "../bus/memory-bus.ts";
import { describeService } from "./service.contract.ts";

describeService("memory", async () => ({ bus: createMemoryBus(), prefix: "events" }));
