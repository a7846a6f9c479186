import type { APIPartialEmoji, APIPollMedia, RESTAPIPoll } from "discord-api-types/v10";
import { checkLength, checkLimit, checkRange } from "./check.ts";

/** One answer of a poll: its text, or its text with an emoji. */
export type PollAnswer =
  | string
  | {
      /** 1 to 55 characters. */
      readonly text: string;
      /** A Unicode emoji, or one of a guild with its id. */
      readonly emoji?: string | APIPartialEmoji | undefined;
    };

/** A poll to send with a message. */
export interface PollFields {
  /** 1 to 300 characters. */
  readonly question: string;
  /** 1 to 10. */
  readonly answers: readonly PollAnswer[];
  /** For how long it is open, 1 to 768. Defaults to 24. */
  readonly durationHours?: number | undefined;
  /** Whether several answers may be chosen. Defaults to false. */
  readonly multiple?: boolean | undefined;
}

function answerMedia(path: string, answer: PollAnswer): APIPollMedia {
  const { text, emoji } = typeof answer === "string" ? { text: answer, emoji: undefined } : answer;
  checkLength(`${path}.text`, text, 1, 55);
  if (emoji === undefined) return { text };
  return { text, emoji: typeof emoji === "string" ? { id: null, name: emoji } : emoji };
}

/** A poll as the API's JSON. @throws {@link CoreError} `CORE_BUILDER_INVALID`; `details.path` names the field */
export function poll(fields: PollFields): RESTAPIPoll {
  const { question, answers, durationHours, multiple } = fields;
  checkLength("poll.question", question, 1, 300);
  checkLimit("poll.answers", answers.length, 1, 10);
  if (durationHours !== undefined) checkRange("poll.durationHours", durationHours, 1, 768);
  return {
    question: { text: question },
    answers: answers.map((answer, index) => ({ poll_media: answerMedia(`poll.answers[${index}]`, answer) })),
    ...(durationHours !== undefined && { duration: durationHours }),
    ...(multiple !== undefined && { allow_multiselect: multiple }),
  };
}
