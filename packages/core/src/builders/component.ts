import {
  ButtonStyle,
  ComponentType,
  type APIActionRowComponent,
  type APIButtonComponent,
  type APIComponentInMessageActionRow,
  type APIMessageComponentEmoji,
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
