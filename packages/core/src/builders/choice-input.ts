import {
  ComponentType,
  type APICheckboxComponent,
  type APICheckboxGroupComponent,
  type APIFileUploadComponent,
  type APIRadioGroupComponent,
} from "discord-api-types/v10";
import { check, checkLength, checkLimit, checkRange } from "./check.ts";

/** One of the options of a radio or checkbox group. */
export interface ChoiceInputOption {
  /** 1 to 100 characters; no two the same. */
  readonly value: string;
  /** 1 to 100 characters. */
  readonly label: string;
  /** At most 100 characters. */
  readonly description?: string | undefined;
  /** Whether it is chosen at first. Defaults to false. */
  readonly selected?: boolean | undefined;
}

interface ModalInputFields {
  /** 1 to 100 characters. */
  readonly customId: string;
  /** Whether the modal cannot be submitted without it. Defaults to true. */
  readonly required?: boolean | undefined;
}

/** Options of which one is chosen. */
export interface RadioGroupFields extends ModalInputFields {
  /** 2 to 10, at most one of them selected. */
  readonly options: readonly ChoiceInputOption[];
}

/** Options of which several may be chosen. */
export interface CheckboxGroupFields extends ModalInputFields {
  /** 1 to 10. */
  readonly options: readonly ChoiceInputOption[];
  /** 0 to 10; 0 needs `required: false`. Defaults to 1. */
  readonly minimumValues?: number | undefined;
  /** 1 to 10. Defaults to all. */
  readonly maximumValues?: number | undefined;
}

/** A place for files. */
export interface FileUploadFields extends ModalInputFields {
  /** 0 to 10. Defaults to 1. */
  readonly minimumFiles?: number | undefined;
  /** 1 to 10. Defaults to 1. */
  readonly maximumFiles?: number | undefined;
  /** What may be uploaded, such as `image/*` or `.mp3`; at most 10. Defaults to everything. */
  readonly fileTypes?: NonNullable<APIFileUploadComponent["file_types"]> | undefined;
}

function optionBodies(path: string, options: readonly ChoiceInputOption[], minimum: number) {
  checkLimit(path, options.length, minimum, 10);
  check(path, new Set(options.map(({ value }) => value)).size === options.length, "has the same value twice");
  return options.map(({ value, label, description, selected }, index) => {
    checkLength(`${path}[${index}].value`, value, 1, 100);
    checkLength(`${path}[${index}].label`, label, 1, 100);
    if (description !== undefined) checkLength(`${path}[${index}].description`, description, 1, 100);
    return {
      value,
      label,
      ...(description !== undefined && { description }),
      ...(selected !== undefined && { default: selected }),
    };
  });
}

function inputBody(path: string, { customId, required }: ModalInputFields) {
  checkLength(`${path}.customId`, customId, 1, 100);
  return { custom_id: customId, ...(required !== undefined && { required }) };
}

function countBody(path: string, noun: "Values" | "Files", minimum: number | undefined, maximum: number | undefined) {
  const defaultMaximum = noun === "Files" ? 1 : 10;
  if (minimum !== undefined) checkRange(`${path}.minimum${noun}`, minimum, 0, 10);
  checkRange(`${path}.maximum${noun}`, maximum ?? defaultMaximum, Math.max(1, minimum ?? 1), 10);
  return {
    ...(minimum !== undefined && { min_values: minimum }),
    ...(maximum !== undefined && { max_values: maximum }),
  };
}

/** Options of which one is chosen, for a label. @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field */
export function radioGroup(fields: RadioGroupFields): APIRadioGroupComponent {
  const options = optionBodies("radioGroup.options", fields.options, 2);
  const selectedCount = fields.options.filter(({ selected }) => selected === true).length;
  check("radioGroup.options", selectedCount <= 1, `has ${selectedCount} selected entries; at most 1 is allowed`);
  return { type: ComponentType.RadioGroup, ...inputBody("radioGroup", fields), options };
}

/**
 * Options of which several may be chosen, for a label.
 *
 * @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field
 */
export function checkboxGroup(fields: CheckboxGroupFields): APICheckboxGroupComponent {
  const { minimumValues, maximumValues, required } = fields;
  const options = optionBodies("checkboxGroup.options", fields.options, 1);
  check("checkboxGroup.minimumValues", minimumValues !== 0 || required === false, "is 0; that needs required: false");
  return {
    type: ComponentType.CheckboxGroup,
    ...inputBody("checkboxGroup", fields),
    options,
    ...countBody("checkboxGroup", "Values", minimumValues, maximumValues),
  };
}

/** Something to tick, for a label. @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field */
export function checkbox(fields: {
  readonly customId: string;
  readonly selected?: boolean | undefined;
}): APICheckboxComponent {
  const { customId, selected } = fields;
  return {
    type: ComponentType.Checkbox,
    ...inputBody("checkbox", { customId }),
    ...(selected !== undefined && { default: selected }),
  };
}

/** A place for files, for a label. @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field */
export function fileUpload(fields: FileUploadFields): APIFileUploadComponent {
  const { minimumFiles, maximumFiles, fileTypes } = fields;
  if (fileTypes !== undefined) checkLimit("fileUpload.fileTypes", fileTypes.length, 1, 10);
  return {
    type: ComponentType.FileUpload,
    ...inputBody("fileUpload", fields),
    ...countBody("fileUpload", "Files", minimumFiles, maximumFiles),
    ...(fileTypes !== undefined && { file_types: [...fileTypes] }),
  };
}
