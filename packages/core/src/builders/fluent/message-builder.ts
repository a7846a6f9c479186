import type { RestFile, Snowflake } from "@antiphon/protocol/discord";
import type { APIEmbed, APIMessageTopLevelComponent, RESTAPIPoll } from "discord-api-types/v10";
import { userMention } from "../../format.ts";
import type { MessageFields } from "../../message-body.ts";
import { deepFreeze } from "../freeze.ts";
import { message } from "../message.ts";

/** A message in the making; each method gives a new builder and leaves this one as it is. */
export interface MessageBuilder {
  /** At most 2,000 characters. */
  setContent(content: string): MessageBuilder;
  /** At most 10. */
  addEmbed(embed: APIEmbed): MessageBuilder;
  addComponent(component: APIMessageTopLevelComponent): MessageBuilder;
  /** Uploads bytes, a text or a stream along with the message. A stream can be sent once; a function that opens one, again. */
  addFile(name: string, data: RestFile["data"], contentType?: string): MessageBuilder;
  /** Appends a mention to the text and allows it, and no others, to ping. */
  addMention(userId: Snowflake): MessageBuilder;
  setPoll(poll: RESTAPIPoll): MessageBuilder;
  /** Whether it is read aloud. */
  setTts(enabled: boolean): MessageBuilder;
  /** Makes it a reply. */
  replyTo(messageId: Snowflake): MessageBuilder;
  /**
   * The message, deeply frozen, to send or to turn into JSON with {@link message}.
   *
   * @throws {@link CoreError} `CORE_BUILDER_INVALID` when a limit is passed or the message is empty
   */
  build(): MessageFields;
}

/** Bytes are copied, since they can be changed; a stream cannot be, and a Blob need not be. */
function copyFile(file: RestFile): RestFile {
  return { ...file, data: file.data instanceof Uint8Array ? file.data.slice() : file.data };
}

function builder(fields: MessageFields): MessageBuilder {
  const change = (changed: MessageFields) => builder({ ...fields, ...changed });
  const { content = "", embeds = [], components = [], files = [], allowedMentions = {} } = fields;
  return {
    setContent: (text) => change({ content: text }),
    addEmbed: (embed) => change({ embeds: [...embeds, embed] }),
    addComponent: (component) => change({ components: [...components, component] }),
    addFile(name, data, contentType) {
      const file: RestFile = { name, data, ...(contentType !== undefined && { contentType }) };
      return change({ files: [...files, file] });
    },
    addMention(userId) {
      const users = [...new Set([...(allowedMentions.users ?? []), userId])];
      const text = content === "" ? userMention(userId) : `${content} ${userMention(userId)}`;
      return change({ content: text, allowedMentions: { users } });
    },
    setPoll: (poll) => change({ poll }),
    setTts: (tts) => change({ tts }),
    replyTo: (messageId) => change({ replyTo: messageId }),
    build() {
      message(fields);
      const { files: uploads, ...plain } = fields;
      return deepFreeze({ ...structuredClone(plain), ...(uploads !== undefined && { files: uploads.map(copyFile) }) });
    },
  };
}

/** Starts an empty message. */
export function createMessageBuilder(): MessageBuilder {
  return builder({});
}
