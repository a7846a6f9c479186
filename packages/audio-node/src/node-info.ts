import { FILTER_KINDS, type NodeInfo } from "@antiphon/protocol/lavalink";

/** The version of Lavalink whose API this is; what follows the plus sign tells the servers apart. */
const SEMVER = "4.2.0+antiphon";

/** What `GET /v4/info` answers; there is neither a Java machine nor lavaplayer, and clients want to read something there. */
export function createNodeInfo(sourceNames: readonly string[]): NodeInfo {
  return {
    version: { semver: SEMVER, major: 4, minor: 2, patch: 0, preRelease: null, build: "antiphon" },
    buildTime: 0,
    git: { branch: "unknown", commit: "unknown", commitTime: 0 },
    jvm: `none (Node.js ${process.versions.node})`,
    lavaplayer: "none (@antiphon/audio-node)",
    sourceManagers: [...sourceNames],
    filters: [...FILTER_KINDS],
    plugins: [],
  };
}
