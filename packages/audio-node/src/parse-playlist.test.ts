import { expect, test } from "vitest";
import { parsePlaylist } from "./parse-playlist.ts";

test("M3U, with and without its comments, whatever ends its lines", () => {
  const text =
    "\uFEFF#EXTM3U\r\n#PLAYLIST:Evensong\r\n#EXTINF:123,Byrd - Mass\r\n Byrd/mass.flac \r\n\r\nhttp://radio.example/live\r\n";
  const locations = ["Byrd/mass.flac", "http://radio.example/live"];
  expect(parsePlaylist(text)).toEqual({ name: "Evensong", locations });
  expect(parsePlaylist("a.mp3\rb.mp3")).toEqual({ name: undefined, locations: ["a.mp3", "b.mp3"] });
  expect(parsePlaylist("")).toEqual({ name: undefined, locations: [] });
  expect(parsePlaylist("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\npiece0.ts")).toBeUndefined();
});

test("PLS, in the order of its numbers", () => {
  const text = "[playlist]\nFile2=b.mp3\nTitle2=B\nfile1 = http://radio.example/a=b\nFile10=c.mp3\nNumberOfEntries=3\n";
  expect(parsePlaylist(text)?.locations).toEqual(["http://radio.example/a=b", "b.mp3", "c.mp3"]);
});

test("XSPF, with entities, CDATA, comments and encoded names", () => {
  const text = `<?xml version="1.0"?><playlist version="1" xmlns="http://xspf.org/ns/0/"><title>Lauds &amp; Vespers</title>
    <trackList><!-- <track><location>gone.mp3</location></track> -->
    <track><title>A</title><location>My%20Song%20100%25.mp3</location><location>other.mp3</location></track>
    <track><title>no location</title></track>
    <track><location><![CDATA[http://radio.example/?a=1&b=2]]></location></track>
    <track><location>100%.mp3</location></track>
    <track><location>http://radio.example/?a=1&amp;b=&#50;&#x33;&#99999999;</location></track></trackList></playlist>`;
  expect(parsePlaylist(text)).toEqual({
    name: "Lauds & Vespers",
    locations: [
      "My Song 100%.mp3",
      "http://radio.example/?a=1&b=2",
      "100%.mp3",
      "http://radio.example/?a=1&b=23&#99999999;",
    ],
  });
});
