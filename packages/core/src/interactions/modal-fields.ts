import type { APIModalSubmissionComponent, ModalSubmitComponent } from "discord-api-types/v10";
import type { ModalValue } from "./component.ts";

function fieldValue(component: ModalSubmitComponent): ModalValue {
  return "values" in component ? component.values : component.value;
}

/** What was entered into a modal, by the fields' custom ids; labels and rows are seen through. */
export function modalFields(components: readonly APIModalSubmissionComponent[]): Readonly<Record<string, ModalValue>> {
  const fields: Record<string, ModalValue> = {};
  for (const component of components) {
    if ("component" in component) fields[component.component.custom_id] = fieldValue(component.component);
    else if ("components" in component) for (const inner of component.components) fields[inner.custom_id] = inner.value;
  }
  return fields;
}
