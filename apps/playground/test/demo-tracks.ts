import { fileURLToPath } from "node:url";
import { ensureDemoMusic } from "../src/demo-music/demo-music.ts";

/** Rendered once and kept with the other caches, because rendering takes seconds. */
export const demoFolder = fileURLToPath(new URL("../../../node_modules/.cache/antiphon/demo-music", import.meta.url));

/** The demo tracks. */
export const demoTracks = () => ensureDemoMusic(demoFolder);
