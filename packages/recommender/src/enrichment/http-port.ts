/** A request to a service. */
export interface HttpRequest {
  /** The method. */
  readonly method: "GET" | "POST";
  /** The whole address; may hold a key, so it is written nowhere. */
  readonly url: string;
  /** The headers, which may hold a token. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text. */
  readonly body?: string | undefined;
  /** Ends the request. */
  readonly signal: AbortSignal;
}

/** What a service answered, whatever its status. */
export interface HttpResponse {
  /** The status. */
  readonly status: number;
  /** A header's value by its lower-case name. */
  header(name: string): string | undefined;
  /** The whole body as text. */
  readonly body: string;
}

/** The way to the services. Rejects when there is no answer, or none that is short enough. */
export interface HttpPort {
  /** Makes one request; follows no redirects. */
  send(request: HttpRequest): Promise<HttpResponse>;
}
