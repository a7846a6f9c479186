import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { exampleFor, manifestFor, readmeFor, sourceFor, testFor, type NewPackage } from "./templates.ts";

/** The floors on which a published package may stand. */
export const packageFloors = [
  "base",
  "transport",
  "contracts",
  "logic",
  "clients",
  "world",
  "composed",
  "front",
] as const;

function assertSensible(root: string, { name, floor, description }: NewPackage): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    throw new Error(`"${name}" is no package name: use kebab-case, such as voice-chat.`);
  if (!packageFloors.some((known) => known === floor)) {
    throw new Error(
      `There is no floor "${floor}" for packages. The floors are ${packageFloors.join(", ")}; apps/docs/architecture.md explains them.`,
    );
  }
  if (!/^[A-Z].*\.$/.test(description))
    throw new Error("The description must be a sentence: a capital letter first, a full stop last.");
  if (existsSync(join(root, "packages", name))) throw new Error(`packages/${name} is already there.`);
}

/**
 * Writes a new package with its first function, test, example, README and changeset, which pass every check; gives the files it wrote.
 * Throws an Error that says what to do when the name, the floor or the description will not do.
 */
export function createPackage(root: string, subject: NewPackage): string[] {
  assertSensible(root, subject);
  const folder = `packages/${subject.name}`;
  const files: Readonly<Record<string, string>> = {
    [`${folder}/package.json`]: `${JSON.stringify(manifestFor(subject), null, 2)}\n`,
    [`${folder}/tsconfig.json`]:
      '{ "extends": "@antiphon/tsconfig/base.json", "include": ["src", "test", "bench", "examples"] }\n',
    [`${folder}/README.md`]: readmeFor(subject),
    [`${folder}/examples/first-steps.ts`]: exampleFor(subject),
    [`${folder}/src/index.ts`]: 'export { describePackage } from "./describe-package.ts";\n',
    [`${folder}/src/describe-package.ts`]: sourceFor(subject),
    [`${folder}/src/describe-package.test.ts`]: testFor(subject),
    [`.changeset/${subject.name}-slice.md`]: `---\n"@antiphon/${subject.name}": minor\n---\n\n${subject.description}\n`,
  };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return Object.keys(files);
}
