import type { RESTPostAPIGuildRoleJSONBody } from "discord-api-types/v10";
import type { PermissionsInput } from "../../permissions.ts";
import { deepFreeze } from "../freeze.ts";
import { rgb } from "../rgb.ts";
import { role, type RoleColor, type RoleFields } from "../role.ts";

/** A role in the making; each method gives a new builder and leaves this one as it is. */
export interface RoleBuilder {
  /** 1 to 100 characters. */
  setName(name: string): RoleBuilder;
  setColor(color: RoleColor): RoleBuilder;
  /** Each 0 to 255. */
  setColorRgb(red: number, green: number, blue: number): RoleBuilder;
  /** Whether its members stand apart in the list. */
  setHoist(enabled: boolean): RoleBuilder;
  /** Whether everybody may mention it. */
  setMentionable(enabled: boolean): RoleBuilder;
  setPermissions(permissions: PermissionsInput): RoleBuilder;
  /**
   * The role's JSON, deeply frozen.
   *
   * @throws {@link CoreError} `CORE_BUILDER_INVALID` when a limit is passed, `CORE_UNKNOWN_PERMISSION`
   */
  build(): RESTPostAPIGuildRoleJSONBody;
}

function builder(fields: RoleFields): RoleBuilder {
  const change = (changed: RoleFields) => builder({ ...fields, ...changed });
  return {
    setName: (name) => change({ name }),
    setColor: (color) => change({ color }),
    setColorRgb: (red, green, blue) => change({ color: rgb(red, green, blue) }),
    setHoist: (enabled) => change({ hoist: enabled }),
    setMentionable: (enabled) => change({ mentionable: enabled }),
    setPermissions: (permissions) => change({ permissions }),
    build: () => deepFreeze(role(fields)),
  };
}

/** Starts an empty role. */
export function createRoleBuilder(): RoleBuilder {
  return builder({});
}
