/** What a new package is. */
export interface NewPackage {
  /** Its name without the scope, in kebab-case: `voice-chat`. */
  readonly name: string;
  /** The floor on which it stands; decides what it may import. */
  readonly floor: string;
  /** What it is, as a sentence. */
  readonly description: string;
}

/** The manifest of a new package, its keys in the order in which the formatter wants them. */
export function manifestFor({ name, floor, description }: NewPackage): object {
  const built = { types: "./dist/index.d.ts", default: "./dist/index.js" };
  return {
    name: `@antiphon/${name}`,
    version: "0.0.0",
    description,
    license: "MIT",
    files: [
      "dist",
      "examples",
      "src",
      "!src/**/*.test.ts",
      "!src/**/*.test-d.ts",
      "!src/**/*.contract.ts",
      "!src/**/__fixtures__",
    ],
    type: "module",
    sideEffects: false,
    exports: { ".": { "@antiphon/source": "./src/index.ts", ...built } },
    publishConfig: { exports: { ".": built }, access: "public" },
    scripts: { build: "antiphon-build" },
    devDependencies: { "@antiphon/tsconfig": "workspace:*", "@antiphon/tsup": "workspace:*" },
    engines: { node: ">=22.18" },
    antiphon: { floor },
  };
}

/** The first function of a new package: small, but real, so that every check has something to hold on to. */
export function sourceFor({ name, description }: NewPackage): string {
  return `/** What this package is, in a sentence. */
export function describePackage(): string {
  return ${JSON.stringify(`@antiphon/${name}: ${description}`)};
}
`;
}

/** The first test. */
export function testFor({ name }: NewPackage): string {
  return `import { expect, test } from "vitest";
import { describePackage } from "./describe-package.ts";

test("names the package", () => {
  expect(describePackage()).toMatch(/^@antiphon\\/${name}: /);
});
`;
}

/** The first program of `examples/`, which the check of the examples runs. */
export function exampleFor({ name }: NewPackage): string {
  return `// What the package says of itself. Here: \`node --conditions=@antiphon/source packages/${name}/examples/first-steps.ts\`;
// in a project of one's own: \`node first-steps.ts\`.
import { describePackage } from "@antiphon/${name}";

console.log(describePackage());
`;
}

/** The README, with every heading that a package's README has. */
export function readmeFor({ name, description }: NewPackage): string {
  return `# @antiphon/${name}

${description}

## Install

\`\`\`sh
npm install @antiphon/${name}
\`\`\`

Node 22.18 or newer.

## Example

\`\`\`ts
import { describePackage } from "@antiphon/${name}";

console.log(describePackage());
\`\`\`

## Options

None.

## Events

None.

## Error codes

None.

## Guarantees and limits

None beyond what the functions' own documentation says.

## Why these dependencies

There are none.

## Specifications

None.
`;
}
