import {
  ButtonStyle,
  ComponentType,
  type APIActionRowComponent,
  type APIButtonComponent,
  type APIComponentInMessageActionRow,
  type APIMessageComponentEmoji,
  type APIModalInteractionResponseCallbackData,
  type APITextInputComponent,
  TextInputStyle,
  type APIStringSelectComponent,
} from "discord-api-types/v10";
import { check, checkLength, checkLimit, checkUrl } from "./check.ts";

const buttonStyles = {
  primary: ButtonStyle.Primary,
  secondary: ButtonStyle.Secondary,
  success: ButtonStyle.Success,
  danger: ButtonStyle.Danger,
} as const;

interface ButtonLook {
  /** At most 80 characters; needed when there is no emoji. */
  readonly label?: string | undefined;
  /** A Unicode emoji, or one of a guild with its id. */
  readonly emoji?: string | APIMessageComponentEmoji | undefined;
  /** Defaults to false. */
  readonly disabled?: boolean | undefined;
}

/** A button that a handler answers (`customId`), or one that leads somewhere (`url`). */
export type ButtonFields =
  | (ButtonLook & {
      readonly customId: string;
      /** Defaults to `secondary`. */ readonly style?: keyof typeof buttonStyles | undefined;
    })
  | (ButtonLook & { readonly url: string });

function buttonLook({ label, emoji, disabled }: ButtonLook) {
  check("button", label !== undefined || emoji !== undefined, "needs a label or an emoji");
  if (label !== undefined) checkLength("button.label", label, 1, 80);
  return {
    type: ComponentType.Button as const,
    ...(label !== undefined && { label }),
    ...(emoji !== undefined && { emoji: typeof emoji === "string" ? { name: emoji } : emoji }),
    ...(disabled !== undefined && { disabled }),
  };
}

/**
 * A button as the API's JSON.
 *
 * @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field
 */
export function button(fields: ButtonFields): APIButtonComponent {
  const look = buttonLook(fields);
  if ("url" in fields) {
    checkUrl("button.url", fields.url, ["http", "https", "discord"]);
    checkLength("button.url", fields.url, 1, 512);
    return { ...look, style: ButtonStyle.Link, url: fields.url };
  }
  checkLength("button.customId", fields.customId, 1, 100);
  return { ...look, style: buttonStyles[fields.style ?? "secondary"], custom_id: fields.customId };
}

/** A menu of texts to pick from. */
export interface StringSelectFields {
  readonly customId: string;
  /** 1 to 25. */
  readonly options: readonly {
    /** 1 to 100 characters. */
    readonly label: string;
    /** 1 to 100 characters. */
    readonly value: string;
    /** At most 100 characters. */
    readonly description?: string | undefined;
    readonly selected?: boolean | undefined;
  }[];
  /** Shown while nothing is picked; at most 150 characters. */
  readonly placeholder?: string | undefined;
  /** Defaults to 1. */
  readonly minimumValues?: number | undefined;
  /** Defaults to 1. */
  readonly maximumValues?: number | undefined;
}

/**
 * A select menu as the API's JSON; it fills an action row alone.
 *
 * @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field
 */
export function stringSelect(fields: StringSelectFields): APIStringSelectComponent {
  const { options, placeholder, minimumValues, maximumValues } = fields;
  checkLength("stringSelect.customId", fields.customId, 1, 100);
  checkLimit("stringSelect.options", options.length, 1, 25);
  if (placeholder !== undefined) checkLength("stringSelect.placeholder", placeholder, 0, 150);
  for (const [index, { label, value, description }] of options.entries()) {
    checkLength(`stringSelect.options[${index}].label`, label, 1, 100);
    checkLength(`stringSelect.options[${index}].value`, value, 1, 100);
    if (description !== undefined) checkLength(`stringSelect.options[${index}].description`, description, 1, 100);
  }
  return {
    type: ComponentType.StringSelect,
    custom_id: fields.customId,
    options: options.map(({ label, value, description, selected }) => ({
      label,
      value,
      ...(description !== undefined && { description }),
      ...(selected !== undefined && { default: selected }),
    })),
    ...(placeholder !== undefined && { placeholder }),
    ...(minimumValues !== undefined && { min_values: minimumValues }),
    ...(maximumValues !== undefined && { max_values: maximumValues }),
  };
}

/**
 * A row of up to five buttons, or of one select menu.
 *
 * @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field
 */
export function actionRow<Component extends APIComponentInMessageActionRow>(
  ...components: readonly Component[]
): APIActionRowComponent<Component> {
  const selects = components.filter(({ type }) => type !== ComponentType.Button).length;
  checkLimit("actionRow.components", components.length, 1, 5);
  check("actionRow.components", selects === 0 || components.length === 1, "has a select menu that is not alone");
  return { type: ComponentType.ActionRow, components: [...components] };
}

/** One line or paragraph to fill in. */
export interface TextInputFields {
  readonly customId: string;
  /** 1 to 45 characters. */
  readonly label: string;
  /** Explains the field; at most 100 characters. */
  readonly description?: string | undefined;
  /** Defaults to false. */
  readonly paragraph?: boolean | undefined;
  /** Defaults to true. */
  readonly required?: boolean | undefined;
  /** 0 to 4,000 characters. */
  readonly minimumLength?: number | undefined;
  /** 1 to 4,000 characters. */
  readonly maximumLength?: number | undefined;
  /** What stands in it at first. */
  readonly value?: string | undefined;
  /** At most 100 characters. */
  readonly placeholder?: string | undefined;
}

/** A form that pops up. */
export interface ModalFields {
  readonly customId: string;
  /** 1 to 45 characters. */
  readonly title: string;
  /** 1 to 5. */
  readonly inputs: readonly TextInputFields[];
}

function textInput(path: string, input: TextInputFields) {
  const { description, required, minimumLength, maximumLength, value, placeholder } = input;
  checkLength(`${path}.customId`, input.customId, 1, 100);
  checkLength(`${path}.label`, input.label, 1, 45);
  if (description !== undefined) checkLength(`${path}.description`, description, 1, 100);
  if (placeholder !== undefined) checkLength(`${path}.placeholder`, placeholder, 0, 100);
  const component: APITextInputComponent = {
    type: ComponentType.TextInput,
    custom_id: input.customId,
    style: input.paragraph === true ? TextInputStyle.Paragraph : TextInputStyle.Short,
    ...(required !== undefined && { required }),
    ...(minimumLength !== undefined && { min_length: minimumLength }),
    ...(maximumLength !== undefined && { max_length: maximumLength }),
    ...(value !== undefined && { value }),
    ...(placeholder !== undefined && { placeholder }),
  };
  return {
    type: ComponentType.Label as const,
    label: input.label,
    ...(description !== undefined && { description }),
    component,
  };
}

/**
 * A modal of text inputs, for `showModal`.
 *
 * @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field
 */
export function modal(fields: ModalFields): APIModalInteractionResponseCallbackData {
  checkLength("modal.customId", fields.customId, 1, 100);
  checkLength("modal.title", fields.title, 1, 45);
  checkLimit("modal.inputs", fields.inputs.length, 1, 5);
  const components = fields.inputs.map((input, index) => textInput(`modal.inputs[${index}]`, input));
  return { custom_id: fields.customId, title: fields.title, components };
}
