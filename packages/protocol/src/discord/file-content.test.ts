import { describe, expect, it } from "vitest";
import { readFileContent } from "./file-content.ts";

async function* bytes(...chunks: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield new TextEncoder().encode(chunk);
}

describe("readFileContent", () => {
  it("gives the same content whatever the file is made of", async () => {
    const contents = ["some", Buffer.from("some"), new Blob(["some"]), bytes("so", "me"), () => bytes("some")];
    for (const data of contents) {
      const content = await readFileContent({ name: "a", data }, 4);
      expect(await content.text()).toBe("some");
    }
  });

  it("stops at the limit and gives the stream back", async () => {
    let returned = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(10);
      } finally {
        returned = true;
      }
    }
    await expect(readFileContent({ name: "big", data: endless() }, 25)).rejects.toThrow(/"big" has more than 25 bytes/);
    expect(returned).toBe(true);
  });
});
