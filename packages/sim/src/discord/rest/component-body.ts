import { ButtonStyle, ComponentType } from "discord-api-types/v10";
import type { Form, FormPath } from "./form.ts";

/** The most components of a message with IS_COMPONENTS_V2, nested ones included. */
const V2_COMPONENTS = 40;
const SELECTS: ReadonlySet<unknown> = new Set([
  ComponentType.StringSelect,
  ComponentType.UserSelect,
  ComponentType.RoleSelect,
  ComponentType.MentionableSelect,
  ComponentType.ChannelSelect,
]);

/** Checks a message's components: rows, buttons, select menus, and that no custom id appears twice. */
export function checkComponents(form: Form, components: readonly unknown[], path: FormPath, isV2: boolean): void {
  const seen = new Set<string>();
  let total = 0;
  const claim = (customId: string | undefined, here: FormPath) => {
    if (customId === undefined) return;
    if (seen.has(customId))
      form.fail([...here, "custom_id"], "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated");
    seen.add(customId);
  };
  const check = (value: unknown, here: FormPath, isTop: boolean) => {
    const component = form.object(value, here) ?? {};
    const type = form.integer(component["type"], [...here, "type"], { minimum: 1, maximum: 23, required: true });
    total++;
    if (isTop && !isV2 && type !== undefined && type !== ComponentType.ActionRow) {
      form.fail([...here, "type"], "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1,).');
      return;
    }
    if (type === ComponentType.Button) claim(checkButton(form, component, here), here);
    else if (SELECTS.has(type)) claim(checkSelect(form, component, here), here);
    const limits =
      type === ComponentType.ActionRow ? { minimum: 1, maximum: 5, required: true } : { maximum: V2_COMPONENTS };
    form
      .list(component["components"], [...here, "components"], limits)
      ?.forEach((child, index) => check(child, [...here, "components", index], false));
    if (component["accessory"] !== undefined) check(component["accessory"], [...here, "accessory"], false);
  };
  components.forEach((component, index) => check(component, [...path, index], true));
  if (isV2 && total > V2_COMPONENTS)
    form.fail(
      path,
      "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
      `The total number of components cannot exceed ${V2_COMPONENTS}`,
    );
}

function checkButton(form: Form, button: Readonly<Record<string, unknown>>, path: FormPath): string | undefined {
  const style = form.integer(button["style"], [...path, "style"], { minimum: 1, maximum: 6, required: true });
  const label = form.text(button["label"], [...path, "label"], { maximum: 80 });
  if (style === ButtonStyle.Premium) return undefined;
  if ((label ?? "") === "" && button["emoji"] === undefined) {
    form.fail(path, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A label or emoji is required");
  }
  if (style === ButtonStyle.Link) {
    if (button["url"] === undefined) form.fail([...path, "url"], "BASE_TYPE_REQUIRED", "This field is required");
    form.url(button["url"], [...path, "url"], ["http", "https", "discord"]);
    return undefined;
  }
  return form.text(button["custom_id"], [...path, "custom_id"], { minimum: 1, maximum: 100, required: true });
}

function checkSelect(form: Form, select: Readonly<Record<string, unknown>>, path: FormPath): string | undefined {
  form.text(select["placeholder"], [...path, "placeholder"], { maximum: 150 });
  if (select["type"] === ComponentType.StringSelect) {
    form
      .list(select["options"], [...path, "options"], { minimum: 1, maximum: 25, required: true })
      ?.forEach((item, index) => {
        const option = form.object(item, [...path, "options", index]) ?? {};
        form.text(option["label"], [...path, "options", index, "label"], { minimum: 1, maximum: 100, required: true });
        form.text(option["value"], [...path, "options", index, "value"], { minimum: 1, maximum: 100, required: true });
        form.text(option["description"], [...path, "options", index, "description"], { maximum: 100 });
      });
  }
  return form.text(select["custom_id"], [...path, "custom_id"], { minimum: 1, maximum: 100, required: true });
}
