import { accessSync, constants, readdirSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { findLavaplayerJars } from "./lavaplayer-library.ts";

/** A program that Debian has a package of. */
interface Service {
  /** What the program may be called; the first that is found counts. */
  readonly programs: readonly string[];
  /** Where it lies when it is not on PATH. */
  readonly folders?: () => readonly string[];
  /** A program that must lie in the same folder. */
  readonly companion?: string;
  /** The Debian package that brings it. */
  readonly debianPackage: string;
  /** What the project uses it for. */
  readonly purpose: string;
}

/** Debian keeps each version's programs in a folder of its own, outside PATH; the newest comes first. */
function postgresFolders(): string[] {
  const root = "/usr/lib/postgresql";
  try {
    const versions = readdirSync(root).sort((left, right) => Number(right) - Number(left));
    return versions.map((version) => join(root, version, "bin"));
  } catch {
    return []; // No such folder: PostgreSQL is not installed the Debian way.
  }
}

const services = {
  "nats-server": {
    programs: ["nats-server"],
    debianPackage: "nats-server",
    purpose: "the bridge's bus",
  },
  "redis-server": {
    programs: ["redis-server"],
    debianPackage: "redis-server",
    purpose: "the distributed cache level",
  },
  postgresql: {
    programs: ["postgres"],
    folders: postgresFolders,
    companion: "initdb",
    debianPackage: "postgresql",
    purpose: "the recommender's history of many processes",
  },
  chromium: {
    programs: ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
    folders: () => ["/Applications/Google Chrome.app/Contents/MacOS"],
    debianPackage: "chromium",
    purpose: "the playground's browser test",
  },
  java: {
    programs: ["java"],
    // The development kit, since what drives lavaplayer is run from its source.
    companion: "javac",
    // Where another runtime without its development kit is on PATH.
    folders: () => ["/usr/lib/jvm/default-java/bin"],
    debianPackage: "default-jdk-headless",
    purpose: "lavaplayer",
  },
  maven: {
    programs: ["mvn"],
    debianPackage: "maven",
    purpose: "fetching lavaplayer",
  },
} as const satisfies Record<string, Service>;

/** A server or program that some tests need, and Debian has. */
export type DebianServiceName = keyof typeof services;

/** A server, program or library that some tests need. */
export type ServiceName = DebianServiceName | "lavaplayer";

/** All services that Debian has, in the order in which they are listed. */
export const debianServiceNames = Object.keys(services) as readonly DebianServiceName[];

/** All services, in the order in which they are listed. */
export const serviceNames: readonly ServiceName[] = [...debianServiceNames, "lavaplayer"];

/** Where on a Unix machine a daemon may lie although a user's PATH leaves the folder out. */
const systemFolders = ["/usr/local/bin", "/usr/bin", "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The program of a service, on PATH or where Debian and Homebrew put it, or the folder of a library; undefined when it is not on this
 * machine.
 */
export function findService(name: ServiceName): string | undefined {
  // The library is of no use without what runs it.
  if (name === "lavaplayer") return findProgram("java") === undefined ? undefined : findLavaplayerJars();
  return findProgram(name);
}

function findProgram(name: DebianServiceName): string | undefined {
  const service: Service = services[name];
  const onPath = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const folder of [...onPath, ...systemFolders, ...(service.folders?.() ?? [])]) {
    for (const program of service.programs) {
      const path = join(folder, program);
      if (!isExecutable(path)) continue;
      // A link to the program alone would hide the folder in which its companions lie.
      const real = service.companion === undefined ? path : realpathSync(path);
      if (service.companion !== undefined && !isExecutable(join(dirname(real), service.companion))) continue;
      return real;
    }
  }
  return undefined;
}

/** Chromium or Chrome; undefined when it is not on this machine. */
export function findChromium(): string | undefined {
  return findService("chromium");
}

/** The Java runtime; undefined when it is not on this machine. */
export function findJava(): string | undefined {
  return findService("java");
}

/** What to say of a service that is not on this machine. */
export function missingServiceText(name: ServiceName): string {
  return `${name} is not on this machine; \`npm run services -- --install\` (root on Debian) installs it`;
}

/** The program of a service; throws an Error that tells how to get it when it is not on this machine. */
export function requireService(name: ServiceName): string {
  const path = findService(name);
  if (path === undefined) throw new Error(missingServiceText(name));
  return path;
}

/** Where a service comes from, and what the project uses it for. */
export function describeService(name: ServiceName): { readonly origin: string; readonly purpose: string } {
  if (name === "lavaplayer")
    return { origin: "Maven: dev.arbjerg:lavaplayer", purpose: "what Lavalink makes of tracks" };
  const { debianPackage, purpose } = services[name];
  return { origin: `Debian: ${debianPackage}`, purpose };
}

/** The Debian package that brings a service. */
export function debianPackageOf(name: DebianServiceName): string {
  return services[name].debianPackage;
}
