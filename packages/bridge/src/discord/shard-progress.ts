import { readyPayloadSchema } from "@antiphon/protocol/discord";
import type { ShardRecord } from "./shard-record.ts";

/** See {@link createProgress}. */
export type ShardProgress = ReturnType<typeof createProgress>;

/** How far a session has come: what Discord sent, and what the bus has of it. */
export function createProgress(inherited: ShardRecord) {
  let { session, userId } = inherited;
  let source: { readonly id: string; readonly resumeUrl: string } | undefined = session;
  let highest = session?.sequence ?? 0;
  const pending = new Set<number>();
  return {
    get sessionId() {
      return source?.id;
    },
    begin(data: unknown): void {
      const ready = readyPayloadSchema.safeParse(data);
      if (!ready.success) return;
      source = { id: ready.data.session_id, resumeUrl: ready.data.resume_gateway_url };
      userId = (data as { readonly user?: { readonly id?: string } }).user?.id ?? userId;
      pending.clear();
      highest = 0;
    },
    sent(sequence: number): void {
      pending.add(sequence);
      highest = Math.max(highest, sequence);
    },
    /** The bus has these; true when they were the session's first. */
    acknowledged(sessionId: string, dispatches: readonly { readonly sequence: number }[]): boolean {
      if (source?.id !== sessionId) return false;
      for (const { sequence } of dispatches) pending.delete(sequence);
      const [first] = pending;
      const isFirst = session?.id !== sessionId;
      session = { ...source, sequence: first === undefined ? highest : Math.min(highest, first - 1) };
      return isFirst;
    },
    forget(): void {
      session = undefined;
    },
    record: (latencyMs: number | undefined): ShardRecord => ({ session, userId, latencyMs }),
    get session() {
      return session;
    },
  };
}
