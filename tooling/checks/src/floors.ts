import { dirname, posix } from "node:path";
import type { Check } from "./check.ts";
import { findCycle } from "./find-cycle.ts";
import { moduleReferences, type ModuleReference } from "./module-syntax.ts";
import {
  isPublished,
  isRuntimeSource,
  readText,
  sourceFiles,
  type Workspace,
  type WorkspacePackage,
} from "./workspace.ts";

// The table of floors in apps/docs/architecture.md, as data. Change both together, with a decision record that says why.

const BELOW = "anything below";

/** What a package of a floor may import at run time, apart from the arrows. */
const floors: Readonly<Record<string, readonly string[] | typeof BELOW>> = {
  base: [],
  transport: ["std"],
  contracts: ["std"],
  logic: ["std"],
  clients: ["protocol", "std", "web-socket"],
  world: ["protocol", "std"],
  composed: ["protocol", "std"],
  front: ["protocol", "std"],
  apps: BELOW,
  tooling: [],
};

/** What a single package may import besides: the arrows of the table. */
const arrows: Readonly<Record<string, readonly string[] | typeof BELOW>> = {
  core: ["rest", "gateway"],
  "voice-chat": ["voice", "patterns"],
  "audio-node": ["voice"],
  dashboard: ["patterns"],
  cli: BELOW,
  playground: ["bot"],
  services: ["vitest"],
  checks: ["vitest", "quality"],
  "create-package": ["checks"],
};

const order = ["base", "transport", "contracts", "logic", "clients", "world", "composed", "front", "apps"];
const scope = "@antiphon/";

interface Room {
  readonly name: string;
  readonly floor: string;
}

function roomOf(subject: WorkspacePackage): Room {
  return { name: subject.manifest.name.replace(scope, ""), floor: subject.manifest.antiphon?.floor ?? "" };
}

/** The rule that forbids `from` to import `to` at run time; undefined when it may. */
function brokenRule(from: Room, to: Room): string | undefined {
  if (to.name === "sim" && from.floor !== "apps" && from.name !== "cli") {
    return "the simulator may only be a devDependency of a client: what people install must not bring a simulated world along";
  }
  if (to.floor === "tooling" && from.floor !== "tooling")
    return "tooling is for development and never runs with a package";
  const byFloor = floors[from.floor] ?? [];
  const byArrow = arrows[from.name] ?? [];
  if (byFloor.includes(to.name) || byArrow.includes(to.name)) return undefined;
  const isBelow = order.indexOf(to.floor) < order.indexOf(from.floor);
  if ((byFloor === BELOW || byArrow === BELOW) && isBelow) return undefined;
  const own = Array.isArray(byArrow) ? byArrow : [];
  const allowed = byFloor === BELOW ? [BELOW, ...own] : [...byFloor, ...own];
  const may = allowed.length === 0 ? "nothing" : `only ${allowed.join(", ")}`;
  return `${from.name} is on the floor "${from.floor}" and may import ${may} (rule 2: packages meet through ports, never through each other)`;
}

/** Development may reach sideways, to test against a neighbour, but not up to what nobody imports. */
function brokenDevelopmentRule(from: Room, to: Room): string | undefined {
  if (from.floor !== "apps" && (to.floor === "apps" || to.floor === "front"))
    return `nothing imports the floor "${to.floor}"`;
  return undefined;
}

function checkManifest(subject: WorkspacePackage, rooms: ReadonlyMap<string, Room>): string[] {
  const from = roomOf(subject);
  const { dependencies = {}, peerDependencies = {}, devDependencies = {} } = subject.manifest;
  const problems: string[] = [];
  const look = (names: readonly string[], kind: string, rule: typeof brokenRule) => {
    for (const name of names) {
      const to = rooms.get(name);
      const broken = to === undefined ? undefined : rule(from, to);
      if (broken !== undefined) problems.push(`${subject.folder}/package.json: ${kind} on ${name}: ${broken}`);
    }
  };
  look([...Object.keys(dependencies), ...Object.keys(peerDependencies)], "dependency", brokenRule);
  look(Object.keys(devDependencies), "devDependency", brokenDevelopmentRule);
  return problems;
}

/** A relative import stays in its package; only a port's contract suite, which is not published, is shared by its path. */
function checkRelative(target: string, file: string, subject: WorkspacePackage): string | undefined {
  if (target.startsWith(`${subject.folder}/`)) return undefined;
  const isContract = !isRuntimeSource(file) && target.endsWith(".contract.ts");
  const owner = `${scope}${target.split("/")[1] ?? ""}`;
  const { dependencies = {}, devDependencies = {} } = subject.manifest;
  if (isContract && (owner in dependencies || owner in devDependencies)) return undefined;
  return isContract
    ? `the contract suite of ${owner} needs ${owner} among the devDependencies`
    : "a relative import must stay in its package: reach others by their name";
}

function checkReference(
  specifier: string,
  file: string,
  subject: WorkspacePackage,
  rooms: ReadonlyMap<string, Room>,
): string | undefined {
  if (specifier.startsWith(".")) return checkRelative(posix.join(dirname(file), specifier), file, subject);
  const name = specifier.split("/").slice(0, 2).join("/");
  const to = rooms.get(name);
  if (to === undefined) return specifier.startsWith(scope) ? `there is no package ${name}` : undefined;
  if (name === subject.manifest.name) return undefined;
  const { dependencies = {}, peerDependencies = {}, devDependencies = {} } = subject.manifest;
  const isRuntime = isRuntimeSource(file);
  const rule = isRuntime ? brokenRule(roomOf(subject), to) : brokenDevelopmentRule(roomOf(subject), to);
  if (rule !== undefined) return rule;
  if (name in dependencies || name in peerDependencies) return undefined;
  if (!isRuntime && name in devDependencies) return undefined;
  return isRuntime ? "it is not in this package's dependencies" : "it is not in this package's devDependencies";
}

function checkSources(workspace: Workspace, subject: WorkspacePackage, rooms: ReadonlyMap<string, Room>): string[] {
  const edges = new Map<string, readonly string[]>();
  const problems = sourceFiles(workspace, subject).flatMap((file) => {
    const references = moduleReferences(file, readText(workspace, file));
    const isRelative = ({ specifier }: ModuleReference) => specifier.startsWith(".");
    edges.set(
      file,
      references.filter(isRelative).map(({ specifier }) => posix.join(dirname(file), specifier)),
    );
    return references.flatMap(({ specifier, line }) => {
      const broken = checkReference(specifier, file, subject, rooms);
      return broken === undefined ? [] : [`${file}:${line} imports ${specifier}: ${broken}`];
    });
  });
  const cycle = findCycle(edges);
  return cycle === undefined
    ? problems
    : [...problems, `${cycle.join(" -> ")}: these files import each other in a circle`];
}

/** What packages need to be built and tested, development included: the build follows that too. */
function packageEdges(packages: readonly WorkspacePackage[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    packages.map(({ manifest: { name, dependencies, peerDependencies, devDependencies } }) => [
      name,
      Object.keys({ ...dependencies, ...peerDependencies, ...devDependencies }),
    ]),
  );
}

/** Makes sure that packages import only what the architecture lets them. */
export const floorsCheck: Check = {
  name: "floors",
  title: "packages import only what the architecture lets them",
  run(workspace) {
    const rooms = new Map(workspace.packages.map((each) => [each.manifest.name, roomOf(each)]));
    const unplaced = workspace.packages
      .filter((each) => !(roomOf(each).floor in floors))
      .map(({ folder }) => `${folder}/package.json: antiphon.floor must be one of ${Object.keys(floors).join(", ")}`);
    const perPackage = workspace.packages.flatMap((each) => [
      ...checkManifest(each, rooms),
      ...checkSources(workspace, each, rooms),
    ]);
    const cycle = findCycle(packageEdges(workspace.packages.filter(isPublished)));
    const cycles =
      cycle === undefined ? [] : [`${cycle.join(" -> ")}: dependencies run in a circle, so nothing can be built first`];
    return { problems: [...unplaced, ...perPackage, ...cycles] };
  },
};
