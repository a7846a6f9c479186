export {
  sampleScrobbles,
  toScrobblesCsv,
  type SampleScrobble,
  type SampleScrobblesOptions,
} from "./sample-scrobbles.ts";
