import { MessageFlags, type APIEmbed, type APIMessageTopLevelComponent } from "discord-api-types/v10";
import type { MessageDraft } from "../world/message-draft.ts";
import type { StoredFile } from "../world/state.ts";
import { refuse } from "./api-error.ts";
import { checkComponents } from "./component-body.ts";
import { createForm, type Form, type FormPath } from "./form.ts";

/** The most characters that all embeds of a message have together. */
const EMBED_CHARACTERS = 6000;
const MEDIA_SCHEMES = ["http", "https", "attachment"];

/** Checks what a request says about a message; for an edit, what is left out stays as it is, and null empties. */
export function readMessageBody(
  body: unknown,
  files: readonly StoredFile[],
  { edit = false, path = [] }: { readonly edit?: boolean; readonly path?: FormPath } = {},
): MessageDraft {
  const form = createForm();
  const fields = form.object(body, path) ?? {};
  const flags = form.integer(fields["flags"], [...path, "flags"], { minimum: 0, maximum: 2 ** 31 - 1 });
  const isV2 = ((flags ?? 0) & MessageFlags.IsComponentsV2) !== 0;
  const content =
    fields["content"] === null ? "" : form.text(fields["content"], [...path, "content"], { maximum: 2000 });
  const embeds = fields["embeds"] === null ? [] : readEmbeds(form, fields["embeds"], [...path, "embeds"]);
  const components =
    fields["components"] === null
      ? []
      : form.list(fields["components"], [...path, "components"], { maximum: isV2 ? 40 : 5 });
  if (components !== undefined) checkComponents(form, components, [...path, "components"], isV2);
  if (isV2 && (content ?? "") !== "") {
    form.fail(
      [...path, "content"],
      "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
      "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
    );
  }
  const nonce = fields["nonce"];
  if (typeof nonce === "string") form.text(nonce, [...path, "nonce"], { maximum: 25 });
  const reference = form.object(fields["message_reference"], [...path, "message_reference"]);
  const attachments = form.list(fields["attachments"], [...path, "attachments"], { maximum: 10 });
  const draft: MessageDraft = {
    content,
    embeds,
    components: components as readonly APIMessageTopLevelComponent[] | undefined,
    flags,
    tts: form.boolean(fields["tts"], [...path, "tts"]),
    nonce: typeof nonce === "string" || typeof nonce === "number" ? nonce : undefined,
    allowedMentions: form.object(fields["allowed_mentions"], [...path, "allowed_mentions"]),
    replyTo:
      reference === undefined
        ? undefined
        : form.snowflake(reference["message_id"], [...path, "message_reference", "message_id"]),
    files,
    attachments: attachments?.map((attachment, index) => {
      const entry = form.object(attachment, [...path, "attachments", index]) ?? {};
      const description = form.text(entry["description"], [...path, "attachments", index, "description"], {
        maximum: 1024,
      });
      return { id: String(entry["id"]), description };
    }),
  };
  form.finish();
  const isEmpty =
    (content ?? "") === "" && (embeds ?? []).length === 0 && (components ?? []).length === 0 && files.length === 0;
  if (isEmpty && !edit) throw refuse("emptyMessage");
  return draft;
}

function readEmbeds(form: Form, value: unknown, path: FormPath): readonly APIEmbed[] | undefined {
  const embeds = form.list(value, path, { maximum: 10 });
  let characters = 0;
  const count = (text: string | undefined) => (characters += text?.length ?? 0);
  embeds?.forEach((item, index) => {
    const here = [...path, index];
    const embed = form.object(item, here) ?? {};
    count(form.text(embed["title"], [...here, "title"], { maximum: 256 }));
    count(form.text(embed["description"], [...here, "description"], { maximum: 4096 }));
    form.integer(embed["color"], [...here, "color"], { minimum: 0, maximum: 0xff_ff_ff });
    form.url(embed["url"], [...here, "url"], ["http", "https"]);
    for (const kind of ["image", "thumbnail"]) {
      form.url(form.object(embed[kind], [...here, kind])?.["url"], [...here, kind, "url"], MEDIA_SCHEMES);
    }
    count(
      form.text(form.object(embed["author"], [...here, "author"])?.["name"], [...here, "author", "name"], {
        maximum: 256,
      }),
    );
    count(
      form.text(form.object(embed["footer"], [...here, "footer"])?.["text"], [...here, "footer", "text"], {
        maximum: 2048,
      }),
    );
    form.list(embed["fields"], [...here, "fields"], { maximum: 25 })?.forEach((entry, position) => {
      const field = form.object(entry, [...here, "fields", position]) ?? {};
      count(form.text(field["name"], [...here, "fields", position, "name"], { maximum: 256, required: true }));
      count(form.text(field["value"], [...here, "fields", position, "value"], { maximum: 1024, required: true }));
    });
  });
  if (characters > EMBED_CHARACTERS)
    form.fail(path, "MAX_EMBED_SIZE_EXCEEDED", `Embed size exceeds maximum size of ${EMBED_CHARACTERS}`);
  return embeds as readonly APIEmbed[] | undefined;
}
