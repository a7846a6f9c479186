import { checkRange } from "./check.ts";

/** A colour from its three parts of 0 to 255. @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the part */
export function rgb(red: number, green: number, blue: number): number {
  checkRange("rgb.red", red, 0, 255);
  checkRange("rgb.green", green, 0, 255);
  checkRange("rgb.blue", blue, 0, 255);
  return (red << 16) | (green << 8) | blue;
}
