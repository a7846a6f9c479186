/** Which addresses a node may fetch: none at all, those of the public internet, or all, the own network included. */
export type UrlPolicy = "none" | "public" | "all";
