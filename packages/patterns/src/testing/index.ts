export { createManualClock, createSeededRandom, type ManualClock, type Random } from "@antiphon/std";
export { guildSchema, messageSchema, testSchemas, trackSchema, userSchema } from "./discord-schemas.ts";
export { fixture, type FixtureOptions } from "./fixtures.ts";
export { createMock, spyOn, type Mock, type Spy, type SpyCall } from "./mock.ts";
export { expectNoOpenResources } from "./open-resources.ts";
export { createTestEnvironment } from "./test-environment.ts";
export { createTestFramework, type TestFramework } from "./test-framework.ts";
