import { createManualClock, createSeededRandom, type ManualClock, type Random } from "@antiphon/std";
import type { z } from "zod";
import { testSchemas } from "./discord-schemas.ts";
import { fixture } from "./fixtures.ts";
import { createMock, type Mock } from "./mock.ts";

type Kind = keyof typeof testSchemas;
type DataOf<Name extends Kind> = z.output<(typeof testSchemas)[Name]>;
type Overrides = Readonly<Record<string, unknown>>;

/** Test data, mocks and a clock from one seed. */
export interface TestFramework {
  /** Where the data comes from. */
  readonly random: Random;
  /** A clock that stands still until the test moves it. */
  readonly clock: ManualClock;
  /** Data of a kind known by name. */
  generateTestData<Name extends Kind>(kind: Name, overrides?: Overrides): DataOf<Name>;
  /** Data that a schema accepts. */
  generate<Schema extends z.ZodType>(schema: Schema, overrides?: Overrides): z.output<Schema>;
  /** A user. */
  generateUser(overrides?: Overrides): DataOf<"user">;
  /** A message, with its author. */
  generateMessage(overrides?: Overrides): DataOf<"message">;
  /** A guild. */
  generateGuild(overrides?: Overrides): DataOf<"guild">;
  /** A track. */
  generateTrack(overrides?: Overrides): DataOf<"track">;
  /** A configuration of `baseConfigSchema` of `@antiphon/patterns/config`. */
  generateConfig(overrides?: Overrides): DataOf<"config">;
  /** A stand-in for a service; see {@link createMock}. */
  createMock<Service extends object>(name: string, members: Partial<Service>): Mock<Service>;
}

/** Builds a {@link TestFramework}; the same seed (1) gives the same data, call by call. */
export function createTestFramework({ seed = 1 }: { readonly seed?: number } = {}): TestFramework {
  const random = createSeededRandom(seed);
  const generate = <Schema extends z.ZodType>(schema: Schema, overrides: Overrides = {}) =>
    fixture(schema, { random, overrides });
  const ofKind =
    <Name extends Kind>(kind: Name) =>
    (overrides?: Overrides) =>
      generate(testSchemas[kind], overrides) as DataOf<Name>;
  return {
    random,
    clock: createManualClock(),
    generateTestData: (kind, overrides) => ofKind(kind)(overrides),
    generate: (schema, overrides) => fixture(schema, overrides === undefined ? { random } : { random, overrides }),
    generateUser: ofKind("user"),
    generateMessage: ofKind("message"),
    generateGuild: ofKind("guild"),
    generateTrack: ofKind("track"),
    generateConfig: ofKind("config"),
    createMock,
  };
}
