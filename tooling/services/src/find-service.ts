import { accessSync, constants, readdirSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

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
    debianPackage: "openjdk-17-jre-headless",
    purpose: "the real Lavalink server",
  },
} as const satisfies Record<string, Service>;

/** A server or program that some tests need. */
export type ServiceName = keyof typeof services;

/** All services, in the order in which they are listed. */
export const serviceNames = Object.keys(services) as readonly ServiceName[];

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

/** The program of a service: on PATH, or where Debian and Homebrew put it; undefined when it is not on this machine. */
export function findService(name: ServiceName): string | undefined {
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

/** The Debian package that brings a service, and what the project uses it for. */
export function describeService(name: ServiceName): { readonly debianPackage: string; readonly purpose: string } {
  return services[name];
}
