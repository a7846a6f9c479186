import { AntiphonError } from "@antiphon/std";

/** What can be wrong with a call of this package; a connection that fails is no error, but an end with its `problem`. */
export type WebSocketErrorCode = "WEB_SOCKET_INVALID_HEADER" | "WEB_SOCKET_INVALID_URL";

/** The error of this package; match on `code`. */
export class WebSocketError extends AntiphonError<WebSocketErrorCode> {}
