import {
  ComponentType,
  SelectMenuDefaultValueType,
  type APIChannelSelectComponent,
  type APIMentionableSelectComponent,
  type APIRoleSelectComponent,
  type APISelectMenuDefaultValue,
  type APIStringSelectComponent,
  type APIUserSelectComponent,
  type ChannelType,
} from "discord-api-types/v10";
import type { Snowflake } from "@antiphon/protocol/discord";
import { check, checkLength, checkLimit, checkRange } from "./check.ts";

/** What all select menus have in common. */
export interface SelectFields {
  /** 1 to 100 characters. */
  readonly customId: string;
  /** Shown while nothing is picked; at most 150 characters. */
  readonly placeholder?: string | undefined;
  /** 0 to 25. Defaults to 1. */
  readonly minimumValues?: number | undefined;
  /** 1 to 25. Defaults to 1. */
  readonly maximumValues?: number | undefined;
  /** Defaults to false; only in messages. */
  readonly disabled?: boolean | undefined;
  /** Whether a modal cannot be submitted without it. Defaults to true; only in modals. */
  readonly required?: boolean | undefined;
}

/** A menu of texts to pick from. */
export interface StringSelectFields extends SelectFields {
  /** 1 to 25. */
  readonly options: readonly {
    /** 1 to 100 characters. */
    readonly label: string;
    /** 1 to 100 characters; no two the same. */
    readonly value: string;
    /** At most 100 characters. */
    readonly description?: string | undefined;
    readonly selected?: boolean | undefined;
  }[];
}

/** A menu of users or roles to pick from. */
export interface IdSelectFields extends SelectFields {
  /** The ids that are picked at first. */
  readonly defaultIds?: readonly Snowflake[] | undefined;
}

/** A menu of users and roles to pick from. */
export interface MentionableSelectFields extends SelectFields {
  /** Users that are picked at first. */
  readonly defaultUserIds?: readonly Snowflake[] | undefined;
  /** Roles that are picked at first. */
  readonly defaultRoleIds?: readonly Snowflake[] | undefined;
}

/** A menu of channels to pick from. */
export interface ChannelSelectFields extends IdSelectFields {
  /** The types that can be picked; all when left out. */
  readonly channelTypes?: readonly ChannelType[] | undefined;
}

function selectBody(path: string, fields: SelectFields, defaults: number) {
  const { customId, placeholder, minimumValues, maximumValues, disabled, required } = fields;
  checkLength(`${path}.customId`, customId, 1, 100);
  if (placeholder !== undefined) checkLength(`${path}.placeholder`, placeholder, 0, 150);
  if (minimumValues !== undefined) checkRange(`${path}.minimumValues`, minimumValues, 0, 25);
  checkRange(`${path}.maximumValues`, maximumValues ?? 1, Math.max(1, minimumValues ?? 1), 25);
  checkLimit(`${path}.defaults`, defaults, 0, maximumValues ?? 1);
  return {
    custom_id: customId,
    ...(placeholder !== undefined && { placeholder }),
    ...(minimumValues !== undefined && { min_values: minimumValues }),
    ...(maximumValues !== undefined && { max_values: maximumValues }),
    ...(disabled !== undefined && { disabled }),
    ...(required !== undefined && { required }),
  };
}

function defaultValues<Type extends SelectMenuDefaultValueType>(
  type: Type,
  ids: readonly Snowflake[] = [],
): APISelectMenuDefaultValue<Type>[] {
  return ids.map((id) => ({ type, id }));
}

/**
 * A select menu as the API's JSON; it fills an action row or a label alone.
 *
 * @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field
 */
export function stringSelect(fields: StringSelectFields): APIStringSelectComponent {
  const { options } = fields;
  checkLimit("stringSelect.options", options.length, 1, 25);
  for (const [index, { label, value, description }] of options.entries()) {
    checkLength(`stringSelect.options[${index}].label`, label, 1, 100);
    checkLength(`stringSelect.options[${index}].value`, value, 1, 100);
    if (description !== undefined) checkLength(`stringSelect.options[${index}].description`, description, 1, 100);
  }
  const values = new Set(options.map(({ value }) => value));
  check("stringSelect.options", values.size === options.length, "has the same value twice");
  const selectedCount = options.filter(({ selected }) => selected === true).length;
  return {
    type: ComponentType.StringSelect,
    ...selectBody("stringSelect", fields, selectedCount),
    options: options.map(({ label, value, description, selected }) => ({
      label,
      value,
      ...(description !== undefined && { description }),
      ...(selected !== undefined && { default: selected }),
    })),
  };
}

/** A menu of users as the API's JSON. @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field */
export function userSelect(fields: IdSelectFields): APIUserSelectComponent {
  const defaults = defaultValues(SelectMenuDefaultValueType.User, fields.defaultIds);
  return {
    type: ComponentType.UserSelect,
    ...selectBody("userSelect", fields, defaults.length),
    ...(defaults.length > 0 && { default_values: defaults }),
  };
}

/** A menu of roles as the API's JSON. @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field */
export function roleSelect(fields: IdSelectFields): APIRoleSelectComponent {
  const defaults = defaultValues(SelectMenuDefaultValueType.Role, fields.defaultIds);
  return {
    type: ComponentType.RoleSelect,
    ...selectBody("roleSelect", fields, defaults.length),
    ...(defaults.length > 0 && { default_values: defaults }),
  };
}

/**
 * A menu of users and roles as the API's JSON.
 *
 * @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field
 */
export function mentionableSelect(fields: MentionableSelectFields): APIMentionableSelectComponent {
  const defaults = [
    ...defaultValues(SelectMenuDefaultValueType.User, fields.defaultUserIds),
    ...defaultValues(SelectMenuDefaultValueType.Role, fields.defaultRoleIds),
  ];
  return {
    type: ComponentType.MentionableSelect,
    ...selectBody("mentionableSelect", fields, defaults.length),
    ...(defaults.length > 0 && { default_values: defaults }),
  };
}

/** A menu of channels as the API's JSON. @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field */
export function channelSelect(fields: ChannelSelectFields): APIChannelSelectComponent {
  const defaults = defaultValues(SelectMenuDefaultValueType.Channel, fields.defaultIds);
  return {
    type: ComponentType.ChannelSelect,
    ...selectBody("channelSelect", fields, defaults.length),
    ...(fields.channelTypes !== undefined && { channel_types: [...fields.channelTypes] }),
    ...(defaults.length > 0 && { default_values: defaults }),
  };
}
