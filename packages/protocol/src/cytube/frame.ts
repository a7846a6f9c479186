import { cytubeFrameSchemas, type CytubeFrameName, type CytubeFrames } from "./frame-schemas.ts";

/** A frame that is known and has the shape that its name promises. */
export type KnownCytubeFrame = {
  [Name in CytubeFrameName]: { readonly known: true; readonly name: Name; readonly payload: CytubeFrames[Name] };
}[CytubeFrameName];

/** A frame of a newer server, or of a shape that nobody has seen yet; passed on as it came. */
export interface UnknownCytubeFrame {
  readonly known: false;
  readonly name: string;
  readonly payload: unknown;
}

/** A frame from a CyTube server. */
export type CytubeFrame = KnownCytubeFrame | UnknownCytubeFrame;

const namesInLowerCase = new Map(
  Object.keys(cytubeFrameSchemas).map((name) => [name.toLowerCase(), name as CytubeFrameName]),
);

/** The name of a frame as CyTube writes it, from any case: `chatmsg` is `chatMsg`; undefined for an unknown one. */
export function cytubeFrameName(name: string): CytubeFrameName | undefined {
  return namesInLowerCase.get(name.toLowerCase());
}

/** Reads one frame. What does not fit its schema comes back with `known: false`, never as an error. */
export function readCytubeFrame(name: string, payload: unknown): CytubeFrame {
  const known = cytubeFrameName(name);
  if (known === undefined) return { known: false, name, payload };
  const read = cytubeFrameSchemas[known].safeParse(payload);
  if (!read.success) return { known: false, name, payload };
  // The payload as it came, not as the schema puts it together: keys keep their order, so mirrors stay exact.
  return { known: true, name: known, payload } as KnownCytubeFrame;
}

/** Whether a frame is known and has this name. */
export function isCytubeFrame<Name extends CytubeFrameName>(
  frame: CytubeFrame,
  name: Name,
): frame is Extract<KnownCytubeFrame, { readonly name: Name }> {
  return frame.known && frame.name === name;
}
