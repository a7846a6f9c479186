import type { RestTransport } from "@antiphon/protocol/discord";
import { createRequestBatcher, createRest, type RestOptions } from "@antiphon/rest";
import type { Clock } from "@antiphon/std";
import type { ClientOptions } from "./client-options.ts";

/** How requests go out, and which parts of that the client built and therefore closes, in this order. */
export interface ClientTransport {
  /** What requests are given to. */
  readonly outermost: RestTransport;
  /** What sends them, below a batcher; undefined when only the batcher that was passed in knows. */
  readonly transport: RestTransport | undefined;
  readonly owned: readonly { close(): Promise<void> }[];
}

/** Builds the {@link ClientTransport} that the options ask for. */
export function createClientTransport(
  { rest, requestBatcher, restOptions, api }: ClientOptions,
  ports: Pick<RestOptions, "token"> & Required<Pick<ClientOptions, "logger" | "random">> & { readonly clock: Clock },
): ClientTransport {
  if (requestBatcher !== undefined && "request" in requestBatcher)
    return { outermost: requestBatcher, transport: rest, owned: [] };
  const layBatcher = (transport: RestTransport, owned: ClientTransport["owned"]): ClientTransport => {
    if (requestBatcher === undefined) return { outermost: transport, transport, owned };
    const batcher = createRequestBatcher({ ...requestBatcher, transport, clock: ports.clock });
    return { outermost: batcher, transport, owned: [batcher, ...owned] };
  };
  if (rest !== undefined) return layBatcher(rest, []);
  const own = createRest({ ...restOptions, api, ...ports });
  return layBatcher(own, [own]);
}
