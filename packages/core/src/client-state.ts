/** What a client is doing. */
export type ClientState = "idle" | "connecting" | "connected" | "closed";
