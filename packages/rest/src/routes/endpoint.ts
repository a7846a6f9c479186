import {
  isSnowflake,
  type RestFile,
  type RestMethod,
  type RestRequestOptions,
  type RestTransport,
} from "@antiphon/protocol/discord";
import type { Secret } from "@antiphon/std";
import { RestError } from "../rest-error.ts";

/** What goes with a request of every route. */
export type RouteOptions = Pick<RestRequestOptions, "headers" | "retries" | "signal">;

/** For routes whose doing shows up in the guild's audit log. */
export type ReasonOptions = RouteOptions & Pick<RestRequestOptions, "reason">;

/** For routes that take files. */
export type FileOptions = RouteOptions & Pick<RestRequestOptions, "files">;

/** For routes with query parameters; `query` may be left out when none of them is needed. */
export type QueryOptions<Query> = RouteOptions &
  (object extends Query ? { readonly query?: Query | undefined } : { readonly query: Query });

/** For routes that act for a user: they need the user's OAuth2 access token instead of the bot's. */
export interface AccessTokenOptions extends RouteOptions {
  /** Sent as a Bearer token; defaults to the bot's token, which some of these routes refuse. */
  readonly accessToken?: string | Secret | undefined;
}

/** What is particular about a route. */
export interface EndpointTraits extends Pick<RestRequestOptions, "authenticate" | "bodyFormat" | "responseFormat"> {
  /** Sent with every request of the route. */
  readonly query?: Readonly<Record<string, boolean>>;
  /** The name of the form field that files go into, where it is not `files[n]`. */
  readonly fileField?: string;
}

/** One route of Discord's API: what a table holds. */
export interface Endpoint<Args extends readonly unknown[], Result> extends EndpointTraits {
  readonly method: RestMethod;
  /** The path, with `{id}` for a snowflake and `<name>` for any other text. */
  readonly path: string;
  /** Whether a body stands between the parts of the path and the options. */
  readonly hasBody: boolean;
  /** The function that sends its requests through a transport. */
  bind(transport: RestTransport): (...args: Args) => Promise<Result>;
}

/** A table of endpoints as functions. */
export type BoundEndpoints<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Endpoint<infer Args, infer Result>
    ? (...args: Args) => Promise<Result>
    : never;
};

/** A path with at least as many placeholders as there are parameters; a test compares their names. */
type PathFor<Parameters extends readonly unknown[]> = Parameters extends readonly [unknown, ...infer Rest]
  ? `${string}/${"{" | "<"}${PathFor<Rest>}`
  : string;

type OptionsArgument<Options> = object extends Options ? [options?: Options] : [options: Options];

const invalid = (method: RestMethod, path: string, problem: string) =>
  new RestError("REST_INVALID_REQUEST", `${method} ${path}: ${problem}`, { details: { method, path } });

/** The path of a request; what may be a token, or take the place of one, stays out of the errors. */
function fillPath(method: RestMethod, path: string, values: readonly unknown[]): string {
  let index = 0;
  return path.replaceAll(/\{(\w+)\}|<(\w+)>/g, (_placeholder, idName?: string, textName?: string) => {
    const value = values[index++];
    if (idName === undefined) {
      const text = typeof value === "number" ? String(value) : value;
      if (typeof text === "string" && text !== "" && text.isWellFormed()) return encodeURIComponent(text);
      throw invalid(method, path, `${textName} must be a text that is not empty.`);
    }
    if (typeof value === "string" && isSnowflake(value)) return value;
    const shown = typeof value === "string" && !path.includes("Token>") ? JSON.stringify(value.slice(0, 40)) : "this";
    throw invalid(method, path, `${idName} must be a snowflake, an id of digits in a text; ${shown} is none.`);
  });
}

/** What a call gives as its last argument, of all the kinds of options above. */
type GivenOptions = RestRequestOptions & Pick<AccessTokenOptions, "accessToken">;

function inField(files: readonly RestFile[], field: string | undefined): readonly RestFile[] {
  return field === undefined ? files : files.map((file) => ({ field, ...file }));
}

function endpoint<Args extends readonly unknown[], Result>(
  method: RestMethod,
  path: string,
  hasBody: boolean,
  traits: EndpointTraits,
): Endpoint<Args, Result> {
  const { fileField, query: fixedQuery, ...fixed } = traits;
  const parameterCount = path.match(/[{<]/g)?.length ?? 0;
  return {
    method,
    path,
    hasBody,
    ...traits,
    bind:
      (transport) =>
      async (...args) => {
        const values: readonly unknown[] = args;
        const given = (values[parameterCount + (hasBody ? 1 : 0)] ?? {}) as GivenOptions;
        const { accessToken, files, query, headers, ...options } = given;
        const token = typeof accessToken === "object" ? accessToken.reveal() : accessToken;
        return transport.request<Result>(method, fillPath(method, path, values), {
          ...options,
          ...(hasBody && { body: values[parameterCount] }),
          ...((query ?? fixedQuery) && { query: { ...query, ...fixedQuery } }),
          ...(files && { files: inField(files, fileField) }),
          ...(headers && { headers }),
          ...fixed,
          ...(token !== undefined && {
            authenticate: false,
            headers: { ...headers, authorization: `Bearer ${token}` },
          }),
        });
      },
  };
}

/** A route without a body: its function takes the parts of the path, then the options. */
export function call<Parameters extends readonly unknown[], Result, Options = RouteOptions>(
  method: RestMethod,
  path: PathFor<Parameters>,
  traits: EndpointTraits = {},
): Endpoint<[...Parameters, ...OptionsArgument<Options>], Result> {
  return endpoint(method, path, false, traits);
}

/** A route with a body: its function takes the parts of the path, the body, then the options. */
export function send<Parameters extends readonly unknown[], Body, Result, Options = RouteOptions>(
  method: RestMethod,
  path: PathFor<Parameters>,
  traits: EndpointTraits = {},
): Endpoint<[...Parameters, body: Body, ...OptionsArgument<Options>], Result> {
  return endpoint(method, path, true, traits);
}

/** Gives the functions of a table that send through the transport. */
export function bindEndpoints<Table extends object>(table: Table, transport: RestTransport): BoundEndpoints<Table> {
  const entries = Object.entries(table as Readonly<Record<string, Endpoint<readonly unknown[], unknown>>>);
  const bound = Object.fromEntries(entries.map(([name, { bind }]) => [name, bind(transport)]));
  return bound as unknown as BoundEndpoints<Table>;
}
