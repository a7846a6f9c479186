import { ObjectShelf } from "./cache-shelf.ts";
import { describeCacheShelf } from "./cache-shelf.contract.ts";
import { PackedShelf } from "./packed-shelf.ts";
import { RecordCodec } from "./record-codec.ts";
import { text } from "./record-field.ts";

describeCacheShelf("ObjectShelf", () => new ObjectShelf());

const codec = new RecordCodec({ text });
describeCacheShelf(
  "PackedShelf",
  () =>
    new PackedShelf({
      write: (writer, value) => codec.write(writer, value),
      read: (reader) => codec.read(reader) as { text: string },
    }),
);
