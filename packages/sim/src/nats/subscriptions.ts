/** One client's interest in some subjects. */
export interface Subscription<Client> {
  readonly client: Client;
  readonly sid: string;
  readonly pattern: readonly string[];
  readonly queue: string | undefined;
  delivered: number;
  /** After so many messages it is over. */
  maximum: number | undefined;
}

/** Who wants what. */
export interface Subscriptions<Client> {
  add(client: Client, sid: string, pattern: string, queue: string | undefined): void;
  /** Ends a subscription now, or after `maximum` messages in all. */
  remove(client: Client, sid: string, maximum: number | undefined): void;
  removeAll(client: Client): void;
  /** Everybody who gets a message on this subject: of each queue one. */
  take(subject: string): readonly Subscription<Client>[];
  readonly size: number;
}

/** Builds {@link Subscriptions}. */
export function createSubscriptions<Client>(): Subscriptions<Client> {
  const all = new Set<Subscription<Client>>();
  let turn = 0;
  const isOver = ({ maximum, delivered }: Subscription<Client>) => maximum !== undefined && delivered >= maximum;
  return {
    add(client, sid, pattern, queue) {
      all.add({ client, sid, pattern: pattern.split("."), queue, delivered: 0, maximum: undefined });
    },
    remove(client, sid, maximum) {
      for (const each of all) {
        if (each.client !== client || each.sid !== sid) continue;
        each.maximum = maximum ?? 0;
        if (isOver(each)) all.delete(each);
      }
    },
    removeAll(client) {
      for (const each of all) if (each.client === client) all.delete(each);
    },
    take(subject) {
      const tokens = subject.split(".");
      const groups = new Map<unknown, Subscription<Client>[]>();
      for (const each of all) {
        if (!matches(each.pattern, tokens)) continue;
        const group = each.queue ?? each;
        groups.set(group, [...(groups.get(group) ?? []), each]);
      }
      turn++;
      const chosen = [...groups.values()].map((group) => group[turn % group.length] as Subscription<Client>);
      for (const each of chosen) {
        each.delivered++;
        if (isOver(each)) all.delete(each);
      }
      return chosen;
    },
    get size() {
      return all.size;
    },
  };
}

/** Whether a pattern (`*` one token, `>` all that are left) covers a subject. */
function matches(pattern: readonly string[], subject: readonly string[]): boolean {
  for (const [index, token] of pattern.entries()) {
    if (token === ">") return subject.length > index;
    if (subject[index] === undefined || (token !== "*" && token !== subject[index])) return false;
  }
  return pattern.length === subject.length;
}

/** Whether a server takes a subject: tokens without spaces or control characters; wildcards only where they may be. */
export function isSubject(subject: string, wildcards: boolean): boolean {
  const tokens = subject.split(".");
  return tokens.every((token, index) => {
    if (token === "" || /[\s\p{Cc}]/u.test(token)) return false;
    if (token === "*") return wildcards;
    return token !== ">" || (wildcards && index === tokens.length - 1);
  });
}
