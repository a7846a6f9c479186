import type { ApplicationId, Dispatch, RestTransport } from "@antiphon/protocol/discord";
import type { APIApplication, APIUser } from "discord-api-types/v10";
import { CoreError } from "./core-error.ts";
import type { DispatchData } from "./gateway-event.ts";

/** Who the bot is. */
export interface Identity {
  /** The bot's own user. @throws {@link CoreError} `CORE_NOT_READY` */
  readonly user: APIUser;
  /** The bot's application. @throws {@link CoreError} `CORE_NOT_READY` */
  readonly applicationId: ApplicationId;
  /** Takes notice of a dispatch. */
  feed(dispatch: Dispatch): void;
  /** Asks Discord unless it is known already: a source that was open before us has sent its READY to somebody else. */
  fetch(signal: AbortSignal | undefined): Promise<void>;
}

/** Builds an {@link Identity} that nothing is known of. */
export function createIdentity(rest: RestTransport): Identity {
  let known: { readonly user: APIUser; readonly applicationId: ApplicationId } | undefined;
  const get = () => {
    if (known !== undefined) return known;
    throw new CoreError("CORE_NOT_READY", "Who the bot is is not known before connect() has resolved.");
  };
  return {
    get user() {
      return get().user;
    },
    get applicationId() {
      return get().applicationId;
    },
    feed({ type, data }) {
      if (type === "READY") {
        const { user, application } = data as DispatchData<"READY">;
        known = { user, applicationId: application.id };
      } else if (type === "USER_UPDATE" && known !== undefined) known = { ...known, user: data as APIUser };
    },
    async fetch(signal) {
      if (known !== undefined) return;
      const [user, application] = await Promise.all([
        rest.request<APIUser>("GET", "/users/@me", { signal }),
        rest.request<APIApplication>("GET", "/applications/@me", { signal }),
      ]);
      known = { user, applicationId: application.id };
    },
  };
}
