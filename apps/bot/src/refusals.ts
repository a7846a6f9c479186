import type { Middleware } from "@antiphon/core";
import { describeError, isAntiphonError, type Logger } from "@antiphon/std";

/** Codes whose message was written for the person who used a command. */
const FOR_PEOPLE = /^(BOT|LAVALINK)_|^RECOMMENDER_(IMPORT|PLAYLIST|PROMPT)_/u;
/** Codes of what is wrong with the audio rather than with what somebody asked for. */
const FOR_OPERATORS = /^LAVALINK_/u;

/**
 * Tells people in one line what cannot be done and why: that nothing plays is no fault of the bot's, and no error in its log. What nobody
 * foresaw goes on to the client, which logs it under a code.
 */
export function tellRefusals(logger: Logger): Middleware {
  return async (context, next) => {
    try {
      await next();
    } catch (error) {
      const { kind, guildId, userId } = context;
      if (kind === "autocomplete") {
        // One cannot say anything there: nothing is suggested.
        logger.debug("nothing was suggested", { guildId, error: describeError(error) });
        return;
      }
      if (!isAntiphonError(error) || !FOR_PEOPLE.test(error.code)) throw error;
      const fields = { guildId, userId, error: describeError(error) };
      if (FOR_OPERATORS.test(error.code)) logger.warn("a command failed at the audio", fields);
      else logger.debug("a command was refused", fields);
      const answer = { content: `⚠️ ${error.message}`.slice(0, 1_900), ephemeral: true };
      await context.reply(answer).catch((failure: unknown) => {
        if (!isAntiphonError(failure, "CORE_INTERACTION_ALREADY_ANSWERED")) throw failure;
        return context.followUp(answer);
      });
    }
  };
}
