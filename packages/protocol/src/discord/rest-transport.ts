/** Bytes that come piece by piece; a `ReadableStream` and a Node `Readable` are such. */
export type ByteStream = AsyncIterable<Uint8Array>;

/** A file to upload. */
export interface RestFile {
  readonly name: string;
  /**
   * Its content. A stream can be read once, so that a request with one is not sent again; a function is asked for a new stream at
   * each attempt.
   */
  readonly data: Uint8Array | string | Blob | ByteStream | (() => ByteStream);
  readonly contentType?: string;
  /** How many bytes a stream will give, when that is known; sent ahead, and checked. */
  readonly sizeBytes?: number | undefined;
  /** The form field it goes into. Defaults to `files[n]`, where Discord looks for attachments. */
  readonly field?: string | undefined;
}

/** The methods Discord's HTTP API uses. */
export type RestMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What goes with a request. */
export interface RestRequestOptions {
  /** Sent as JSON, or as `payload_json` when there are files. */
  readonly body?: unknown;
  /** `form` sends the body's entries as the fields of a form, which a few routes want. Defaults to `json`. */
  readonly bodyFormat?: "json" | "form";
  /** `bytes` gives the answer as an ArrayBuffer, for images and the like. Defaults to `json`. */
  readonly responseFormat?: "json" | "bytes";
  /** Query parameters; undefined ones are left out, arrays repeat their key. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  /** Uploaded as multipart. */
  readonly files?: readonly RestFile[];
  /** Shown in the guild's audit log, 1 to 512 characters. */
  readonly reason?: string;
  /** Headers beside those that the transport sets by itself. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How often this request is sent again after a 5xx or a network failure, instead of the transport's own number. */
  readonly retries?: number | undefined;
  /** False for routes that carry their own token, such as interaction callbacks. Defaults to true. */
  readonly authenticate?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Sends requests to Discord's HTTP API v10 within its rate limits. */
export interface RestTransport {
  /**
   * Sends one request and gives its decoded JSON body, or undefined for 204. `path` starts with `/` and is relative to the API's
   * root: `/channels/123/messages`.
   *
   * @throws an error with `status` and Discord's JSON `code` in its details when the answer is not 2xx
   */
  request<Result = unknown>(method: RestMethod, path: string, options?: RestRequestOptions): Promise<Result>;
}
