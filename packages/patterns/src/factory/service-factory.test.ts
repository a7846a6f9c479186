import { expect, test } from "vitest";
import { createContainer, token } from "../di/index.ts";
import { createServiceFactory } from "./service-factory.ts";

const Prefix = token<string>("prefix");

class Greeter {
  readonly text: string;
  constructor(prefix: string, name: string, loud: boolean) {
    this.text = loud ? `${prefix} ${name}!` : `${prefix} ${name}`;
  }
}

function setup() {
  const container = createContainer().register(Prefix, { useValue: "hello" });
  return createServiceFactory(container)
    .register("line", [Prefix], (prefix) => (name: string) => `${prefix} ${name}`)
    .register("greeter", [Prefix], (prefix) => (name: string, loud: boolean) => new Greeter(prefix, name, loud));
}

test("dependencies come from the container, the rest from the call", () => {
  const factory = setup();
  expect(factory.create("line", "world")).toBe("hello world");
  expect(factory.create("greeter", "world", true)).toEqual({ text: "hello world!" });
  expect(factory.create("greeter", "a", true)).not.toBe(factory.create("greeter", "a", true));
  expect(factory.names).toEqual(["line", "greeter"]);
});

test("an unknown name and a name twice are refused, with what is known", () => {
  const factory = setup();
  expect(() => factory.create("voice" as "line", "x")).toThrow('cannot make "voice"; it makes line, greeter');
  expect(() => factory.register("line", [], () => () => 1)).toThrow(/"line" already/);
  expect(factory.has("line")).toBe(true);
});

test("what the container lacks is named", () => {
  const factory = createServiceFactory().register("line", [Prefix], (prefix) => () => prefix);
  expect(() => factory.create("line")).toThrow(/no service "prefix"/);
});
