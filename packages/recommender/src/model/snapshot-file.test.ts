import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { buildModel } from "./build-model.ts";
import { createLiveModel } from "./live-model.ts";
import { groupedHistories, smallParameters } from "../../test/grouped-histories.ts";
import { loadModel, saveModel } from "./snapshot-file.ts";

const folder = mkdtempSync(join(tmpdir(), "antiphon-model-"));
afterAll(() => rmSync(folder, { recursive: true }));
const snapshot = await buildModel(groupedHistories(1), { parameters: smallParameters });
const path = join(folder, "models", "taste.model");
await saveModel(snapshot, path);
const bytes = readFileSync(path);

test("a model comes back from its file as it was", async () => {
  const loaded = await loadModel(path);
  expect(loaded).toEqual(snapshot);
  expect(createLiveModel(loaded).recommend("user5")).toEqual(createLiveModel(snapshot).recommend("user5"));
  expect(readdirSync(join(folder, "models"))).toEqual(["taste.model"]);
});

test("a file that was cut or changed anywhere is refused", async () => {
  const damaged = join(folder, "damaged.model");
  for (let turn = 0; turn < 40; turn++) {
    const at = Math.floor((turn / 40) * bytes.length);
    for (const wrong of [bytes.subarray(0, at), Buffer.concat([bytes.subarray(0, at), flip(bytes.subarray(at))])]) {
      writeFileSync(damaged, wrong);
      const code = at >= 8 && at < 12 && wrong.length > at ? /TOO_NEW|DAMAGED/ : /DAMAGED/;
      await expect(loadModel(damaged)).rejects.toMatchObject({ code: expect.stringMatching(code) });
    }
  }
});

test("a file from a newer version, of something else, or nowhere, is refused", async () => {
  const other = join(folder, "other.model");
  const newer = Buffer.from(bytes);
  newer.writeUInt32LE(99, 8);
  writeFileSync(other, newer);
  await expect(loadModel(other)).rejects.toMatchObject({ code: "RECOMMENDER_MODEL_TOO_NEW" });
  writeFileSync(other, "a text that is long enough to be taken for the beginning of a model, were it one");
  await expect(loadModel(other)).rejects.toMatchObject({ code: "RECOMMENDER_MODEL_DAMAGED" });
  await expect(loadModel(join(folder, "none"))).rejects.toMatchObject({ code: "RECOMMENDER_MODEL_UNAVAILABLE" });
  await expect(saveModel(snapshot, "/dev/null/x.model")).rejects.toMatchObject({
    code: "RECOMMENDER_MODEL_UNAVAILABLE",
  });
});

function flip(part: Buffer): Buffer {
  const changed = Buffer.from(part);
  (changed[0] as number) ^= 0xff;
  return changed;
}
