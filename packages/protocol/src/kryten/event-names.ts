import { cytubeFrameSchemas, type CytubeFrameName } from "../cytube/index.ts";

/** The names of the events that are known, as CyTube writes them. Subjects have them in lower case. */
export const krytenEventNames = Object.freeze(Object.keys(cytubeFrameSchemas)) as readonly CytubeFrameName[];
