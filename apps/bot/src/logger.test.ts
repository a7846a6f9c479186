import { createSecret } from "@antiphon/std";
import { expect, test } from "vitest";
import { createBotLogger } from "./logger.ts";

test("writes JSON lines with errors as text and secrets redacted", () => {
  const lines: string[] = [];
  const logger = createBotLogger({ level: "info", destination: { write: (line: string) => void lines.push(line) } });
  logger.info("ready", { token: "s3cret", node: { password: "s3cret" }, own: createSecret("s3cret"), guildId: "1" });
  logger.warn("failed", { error: new Error("no") });
  logger.debug("not shown");
  expect(lines).toHaveLength(2);
  expect(lines.join("")).not.toContain("s3cret");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ msg: "ready", token: "[redacted]", guildId: "1" });
  expect(JSON.parse(lines[1] ?? "")).toMatchObject({ msg: "failed", error: "no" });
});
