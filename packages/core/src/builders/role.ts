import type { RESTPostAPIGuildRoleJSONBody } from "discord-api-types/v10";
import { resolvePermissions, type PermissionsInput } from "../permissions.ts";
import { check, checkColor, checkLength } from "./check.ts";

/** A colour, a gradient of two, or Discord's holographic one. */
export type RoleColor = number | readonly [from: number, to: number] | "holographic";

/** A role to create or to change. */
export interface RoleFields {
  /** 1 to 100 characters. */
  readonly name?: string | undefined;
  /** 0x000000 to 0xffffff; 0 is none. Gradients and the holographic style need a guild with enhanced role colours. */
  readonly color?: RoleColor | undefined;
  /** Whether its members stand apart in the list. Defaults to false. */
  readonly hoist?: boolean | undefined;
  /** Whether everybody may mention it. Defaults to false. */
  readonly mentionable?: boolean | undefined;
  /** What its members may do. Defaults to what everybody may. */
  readonly permissions?: PermissionsInput | undefined;
  /** An icon; needs a guild with role icons, and excludes `iconDataUri`. */
  readonly unicodeEmoji?: string | undefined;
  /** An icon as `data:image/png;base64,…`. */
  readonly iconDataUri?: string | undefined;
}

/** The only holographic style there is. @see [Discord Docs/Role Object/Role Colors] */
const HOLOGRAPHIC = [11_127_295, 16_759_788, 16_761_760] as const;

function colorsBody(color: RoleColor) {
  const parts: readonly number[] = color === "holographic" ? HOLOGRAPHIC : typeof color === "number" ? [color] : color;
  const [primary = 0, secondary, tertiary] = parts;
  const colors = { primary_color: primary, secondary_color: secondary ?? null, tertiary_color: tertiary ?? null };
  for (const value of Object.values(colors)) if (value !== null) checkColor("role.color", value);
  return colors;
}

/** A role as the API's JSON. @throws {@link CoreError} `CORE_BUILDER_INVALID`, `CORE_UNKNOWN_PERMISSION` */
export function role(fields: RoleFields): RESTPostAPIGuildRoleJSONBody {
  const { name, color, hoist, mentionable, permissions, unicodeEmoji, iconDataUri } = fields;
  if (name !== undefined) checkLength("role.name", name, 1, 100);
  check("role.unicodeEmoji", unicodeEmoji === undefined || iconDataUri === undefined, "excludes iconDataUri");
  if (iconDataUri !== undefined)
    check(
      "role.iconDataUri",
      /^data:image\/(png|jpeg|gif|webp);base64,/.test(iconDataUri),
      "is no data URI of an image",
    );
  return {
    ...(name !== undefined && { name }),
    ...(color !== undefined && { colors: colorsBody(color) }),
    ...(hoist !== undefined && { hoist }),
    ...(mentionable !== undefined && { mentionable }),
    ...(permissions !== undefined && { permissions: String(resolvePermissions(permissions)) }),
    ...(unicodeEmoji !== undefined && { unicode_emoji: unicodeEmoji }),
    ...(iconDataUri !== undefined && { icon: iconDataUri }),
  };
}
