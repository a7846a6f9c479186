/** Files that may have more than 500 lines, by their path from the root, and why each is better whole. */
export const largeFiles: Readonly<Record<string, string>> = {};
