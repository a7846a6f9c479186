/** A 32-bit hash of a key. @see FNV-1a, by Fowler, Noll and Vo (public domain) */
export function hashKey(key: string | number): number {
  if (typeof key === "number") return Math.imul(key | 0, 0x9e3779b1) ^ Math.imul((key / 4_294_967_296) | 0, 0x85ebca6b);
  let hash = 0x811c9dc5 | 0;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return hash ^ (hash >>> 15);
}
