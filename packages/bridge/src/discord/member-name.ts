import { randomUUID } from "node:crypto";
import { hostname } from "node:os";

/** A name for this life of this process: no other has it, and it tells where to look. Fits into a key. */
export function createMemberName(): string {
  return `${hostname()
    .replace(/[^\w-]/g, "_")
    .slice(0, 40)}-${process.pid}-${randomUUID().slice(0, 8)}`;
}
