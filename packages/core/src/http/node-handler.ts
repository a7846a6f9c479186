import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpAnswer } from "./http-answer.ts";
import type { EndpointRequest } from "./endpoint-request.ts";

function send(answer: HttpAnswer, response: ServerResponse): void {
  const { status, headers, body, onSent } = answer;
  if (response.destroyed) {
    onSent?.(false);
    return;
  }
  response.once("finish", () => onSent?.(true));
  // After "finish" this says nothing new.
  response.once("close", () => onSent?.(false));
  response.writeHead(status, { ...headers }).end(body);
}

/** Builds a handler for `node:http` out of one that knows no server. */
export function createNodeHandler(
  receive: (request: EndpointRequest) => Promise<HttpAnswer>,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const header = (name: string) => {
      const value = request.headers[name];
      return typeof value === "string" ? value : undefined;
    };
    // Giving up on a body must not cut the connection that the refusal still has to go out on.
    const body = request.iterator({ destroyOnReturn: false });
    void receive({ method: request.method, header, body }).then((answer) => send(answer, response));
  };
}
