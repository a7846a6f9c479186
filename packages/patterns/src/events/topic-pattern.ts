/**
 * Tells at compile time whether a dotted topic fits a pattern: `*` stands for one part, `**` at the end for one or more.
 */
export type TopicFits<Topic extends string, Pattern extends string> = Pattern extends "**" | Topic
  ? true
  : Pattern extends `${infer PatternHead}.${infer PatternRest}`
    ? Topic extends `${infer TopicHead}.${infer TopicRest}`
      ? PatternHead extends "*" | TopicHead
        ? TopicFits<TopicRest, PatternRest>
        : false
      : false
    : Pattern extends "*"
      ? Topic extends `${string}.${string}`
        ? false
        : true
      : false;

/** The topics of `Events` that a pattern stands for. */
export type TopicsOf<Events extends object, Pattern extends string> = {
  [Topic in keyof Events & string]: TopicFits<Topic, Pattern> extends true ? Topic : never;
}[keyof Events & string];

/** Whether a topic fits a pattern: `track.*` is `track.start` and not `track.queue.end`; `track.**` is both. */
export function matchesTopic(pattern: string, topic: string): boolean {
  if (pattern === topic || pattern === "**") return true;
  if (!pattern.includes("*")) return false;
  const wanted = pattern.split(".");
  const parts = topic.split(".");
  const open = wanted.at(-1) === "**";
  if (open ? parts.length < wanted.length : parts.length !== wanted.length) return false;
  return wanted.every((part, index) => part === "*" || part === parts[index] || (open && index === wanted.length - 1));
}
