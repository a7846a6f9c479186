import type {
  APIAuditLog,
  APIMessage,
  APIUser,
  RESTGetAPIChannelMessagesQuery,
  RESTPostAPIChannelMessageJSONBody,
} from "discord-api-types/v10";
import { createRest } from "../rest.ts";
import { createRoutes, type FileOptions } from "./index.ts";

type Equal<One, Other> = [One, Other] extends [Other, One] ? true : false;
const equal = <One, Other>(_areEqual: Equal<One, Other>): void => {};

const routes = createRoutes(createRest());

equal<
  typeof routes.channels.createMessage,
  (channelId: string, body: RESTPostAPIChannelMessageJSONBody, options?: FileOptions) => Promise<APIMessage>
>(true);
equal<Awaited<ReturnType<typeof routes.users.get>>, APIUser>(true);
equal<Awaited<ReturnType<typeof routes.guilds.getAuditLog>>, APIAuditLog>(true);
equal<Awaited<ReturnType<typeof routes.members.kick>>, undefined>(true);
equal<Awaited<ReturnType<typeof routes.webhooks.execute>>, undefined>(true);
equal<Awaited<ReturnType<typeof routes.webhooks.executeAndWait>>, APIMessage>(true);
equal<Awaited<ReturnType<typeof routes.guilds.getWidgetImage>>, ArrayBuffer>(true);
equal<
  NonNullable<Parameters<typeof routes.channels.listMessages>[1]>["query"],
  RESTGetAPIChannelMessagesQuery | undefined
>(true);

// @ts-expect-error: a message cannot be created without a body
void routes.channels.createMessage("1");
// @ts-expect-error: an id is a text
void routes.channels.get(1);
// @ts-expect-error: Discord takes no reason here
void routes.channels.createMessage("1", {}, { reason: "no" });
// @ts-expect-error: nor files here
void routes.channels.deleteMessage("1", "2", { files: [] });
// @ts-expect-error: a search needs what to search for
void routes.members.search("1");
// @ts-expect-error: whether to wait is a matter of which function is called
void routes.webhooks.execute("1", "token", {}, { query: { wait: true } });
// @ts-expect-error: there is no such route
void routes.channels.archive("1");
