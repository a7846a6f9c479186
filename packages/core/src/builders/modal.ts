import {
  ComponentType,
  TextInputStyle,
  type APIComponentInLabel,
  type APILabelComponent,
  type APIModalInteractionResponseCallbackData,
  type APITextDisplayComponent,
  type APITextInputComponent,
} from "discord-api-types/v10";
import { check, checkLength, checkLimit, checkRange } from "./check.ts";

/** A name for a part of a form, and the part. */
export interface LabelFields {
  /** 1 to 45 characters. */
  readonly label: string;
  /** Explains the part; at most 100 characters. */
  readonly description?: string | undefined;
  /** A text input, a select menu, a radio group, a checkbox or a group of them, or a file upload. */
  readonly component: APIComponentInLabel;
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
  /** What stands in it at first; at most 4,000 characters. */
  readonly value?: string | undefined;
  /** At most 100 characters. */
  readonly placeholder?: string | undefined;
}

/** A form that pops up; `inputs` and `components` together are 1 to 5. */
export interface ModalFields {
  readonly customId: string;
  /** 1 to 45 characters. */
  readonly title: string;
  /** Text inputs with their labels. */
  readonly inputs?: readonly TextInputFields[] | undefined;
  /** Other parts, after the inputs: what {@link label} and {@link textDisplay} make. */
  readonly components?: readonly (APILabelComponent | APITextDisplayComponent)[] | undefined;
}

function labelBody(path: string, { label: text, description, component }: LabelFields): APILabelComponent {
  checkLength(`${path}.label`, text, 1, 45);
  if (description !== undefined) checkLength(`${path}.description`, description, 1, 100);
  return { type: ComponentType.Label, label: text, ...(description !== undefined && { description }), component };
}

/** A part of a form with its name. @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field */
export function label(fields: LabelFields): APILabelComponent {
  return labelBody("label", fields);
}

function textInput(path: string, input: TextInputFields): APILabelComponent {
  const { required, minimumLength, maximumLength, value, placeholder } = input;
  checkLength(`${path}.customId`, input.customId, 1, 100);
  if (placeholder !== undefined) checkLength(`${path}.placeholder`, placeholder, 0, 100);
  if (value !== undefined) checkLength(`${path}.value`, value, 0, 4000);
  if (minimumLength !== undefined) checkRange(`${path}.minimumLength`, minimumLength, 0, 4000);
  if (maximumLength !== undefined)
    checkRange(`${path}.maximumLength`, maximumLength, Math.max(1, minimumLength ?? 1), 4000);
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
  return labelBody(path, { label: input.label, description: input.description, component });
}

/**
 * A modal, for `showModal`.
 *
 * @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field
 */
export function modal(fields: ModalFields): APIModalInteractionResponseCallbackData {
  const { customId, title, inputs = [], components = [] } = fields;
  checkLength("modal.customId", customId, 1, 100);
  checkLength("modal.title", title, 1, 45);
  checkLimit(components.length === 0 ? "modal.inputs" : "modal.components", inputs.length + components.length, 1, 5);
  const all = [...inputs.map((input, index) => textInput(`modal.inputs[${index}]`, input)), ...components];
  const ids = all.flatMap((part) => ("component" in part ? [part.component.custom_id] : []));
  check("modal", new Set(ids).size === ids.length, "has the same customId twice");
  return { custom_id: customId, title, components: all };
}
