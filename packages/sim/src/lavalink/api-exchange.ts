/** A request as the API sees it. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The JSON body, or undefined. */
  readonly body: unknown;
}

/** An answer; `body` is sent as JSON, a string as text, undefined as nothing. */
export interface ApiResponse {
  readonly status: number;
  readonly body?: unknown;
}
