import { expect, test } from "vitest";
import { countJitter } from "./jitter.ts";
import { createConnectionMemory, viewCounters } from "./shared-memory.ts";
import { renderVoiceMetrics } from "./voice-metrics.ts";
import { readVoiceStats } from "./voice-stats.ts";

const encryption = { cipher: null, daveProtocolVersion: 0, daveEpoch: null, privacyCode: null };

test("jitter percentiles are the upper edges of their buckets, and null before there are any", () => {
  const counters = viewCounters(createConnectionMemory().counters);
  expect(readVoiceStats(counters, encryption, 0).jitter).toBeNull();
  for (let packet = 0; packet < 90; packet++) countJitter(counters, 0.4);
  for (let packet = 0; packet < 8; packet++) countJitter(counters, 12);
  for (let packet = 0; packet < 2; packet++) countJitter(counters, 5_000);
  expect(readVoiceStats(counters, encryption, 0).jitter).toEqual({ p50Ms: 1, p95Ms: 20, p99Ms: 320 });
});

test("counters are rendered in Prometheus' text format, and what was not measured is left out", () => {
  const counters = viewCounters(createConnectionMemory().counters);
  counters.add("packetsSent", 12);
  counters.set("udpLatencyMs", 25);
  const stats = readVoiceStats(counters, encryption, 0);
  const text = renderVoiceMetrics([
    { labels: { guild: "1" }, stats },
    { labels: { guild: 'a"b\\c\n' }, stats },
  ]);
  expect(text).toContain(
    "# HELP antiphon_voice_packets_sent_total RTP packets sent.\n# TYPE antiphon_voice_packets_sent_total counter\n" +
      'antiphon_voice_packets_sent_total{guild="1"} 12\nantiphon_voice_packets_sent_total{guild="a\\"b\\\\c\\n"} 12\n',
  );
  expect(text).toContain('antiphon_voice_udp_latency_seconds{guild="1"} 0.025\n');
  expect(text).not.toContain("gateway_latency");
  expect(renderVoiceMetrics([])).toBe("");
});
