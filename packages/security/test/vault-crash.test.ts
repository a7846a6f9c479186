import { fileURLToPath } from "node:url";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCredentialVault, type SecurityError } from "@antiphon/security/vault";
import { expect, test } from "vitest";

test(
  "a process that is killed while it rotates leaves the old key in force, or the new one",
  { timeout: 300_000 },
  async () => {
    const script = fileURLToPath(new URL("rotate-forever.ts", import.meta.url));
    for (let round = 0; round < 4; round++) {
      const directory = await mkdtemp(join(tmpdir(), "antiphon-vault-crash-"));
      const child = spawn(process.execPath, ["--conditions=@antiphon/source", script, directory], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const exited = once(child, "exit");
      await once(child.stdout, "data");
      // It is in the middle of something at any moment from here on.
      for (let turn = 0; turn < round * 7; turn++) await new Promise((resolve) => setImmediate(resolve));
      child.kill("SIGKILL");
      await exited;
      const openings = await Promise.allSettled(
        [1, 2].map((fill) => openCredentialVault({ directory, masterKey: { bytes: new Uint8Array(32).fill(fill) } })),
      );
      const opened = openings.filter((opening) => opening.status === "fulfilled");
      const refused = openings.filter((opening) => opening.status === "rejected");
      expect([opened.length, refused.length]).toEqual([1, 1]);
      expect(refused.map(({ reason }) => (reason as SecurityError).code)).toEqual(["SECURITY_VAULT_WRONG_KEY"]);
      expect((await opened[0]?.value.retrieveCredential("token"))?.reveal()).toBe("abc");
      await opened[0]?.value.close();
      await rm(directory, { recursive: true });
    }
  },
);
