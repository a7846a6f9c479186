import type { VoiceStats } from "./voice-stats.ts";

/** One connection's numbers, and what tells them apart. */
export interface VoiceMetricsEntry {
  /** Labels of the series, such as the guild; names of letters, digits and underscores. */
  readonly labels: Readonly<Record<string, string>>;
  /** From `connection.getStats()`. */
  readonly stats: VoiceStats;
}

interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly read: (stats: VoiceStats) => number | null;
}

const counter = (name: string, help: string, read: Metric["read"]): Metric => ({ name, type: "counter", help, read });
const gauge = (name: string, help: string, read: Metric["read"]): Metric => ({ name, type: "gauge", help, read });

const metrics: readonly Metric[] = [
  counter("packets_sent_total", "RTP packets sent.", ({ packetsSent }) => packetsSent),
  counter("bytes_sent_total", "Bytes of RTP packets sent.", ({ bytesSent }) => bytesSent),
  counter("packets_received_total", "RTP packets received.", ({ packetsReceived }) => packetsReceived),
  counter("bytes_received_total", "Bytes of RTP packets received.", ({ bytesReceived }) => bytesReceived),
  counter("packets_lost_total", "Packets that never came.", ({ packetsLost }) => packetsLost),
  counter("packets_late_total", "Packets that came twice or too late.", ({ packetsLate }) => packetsLate),
  counter("packets_undecryptable_total", "Packets that could not be decrypted.", (stats) => stats.packetsUndecryptable),
  counter("packets_unmapped_total", "Packets of an unknown SSRC.", ({ packetsUnmapped }) => packetsUnmapped),
  counter("packets_malformed_total", "Packets that contradict themselves.", (stats) => stats.packetsMalformed),
  counter("frames_dropped_total", "Received frames that nobody read in time.", ({ framesDropped }) => framesDropped),
  counter("frames_withheld_total", "Frames that encryption did not let out.", ({ framesWithheld }) => framesWithheld),
  counter("underruns_total", "Periods of 20 ms without a frame to send.", ({ underruns }) => underruns),
  counter("skipped_ticks_total", "Periods of 20 ms that the voice thread missed.", ({ skippedTicks }) => skippedTicks),
  gauge("gateway_latency_seconds", "Round trip of the last heartbeat.", (stats) => inSeconds(stats.gatewayLatencyMs)),
  gauge("udp_latency_seconds", "Round trip of the last keep-alive.", (stats) => inSeconds(stats.udpLatencyMs)),
  gauge("jitter_p50_seconds", "Median jitter of received packets.", ({ jitter }) => inSeconds(jitter?.p50Ms)),
  gauge("jitter_p95_seconds", "95th percentile of that jitter.", ({ jitter }) => inSeconds(jitter?.p95Ms)),
  gauge("jitter_p99_seconds", "99th percentile of that jitter.", ({ jitter }) => inSeconds(jitter?.p99Ms)),
];

function inSeconds(valueMs: number | null | undefined): number | null {
  return typeof valueMs === "number" ? valueMs / 1_000 : null;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const escape = (value: string) => value.replace(/[\\"\n]/g, (each) => (each === "\n" ? "\\n" : `\\${each}`));
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** Renders the numbers of connections in Prometheus' text format, version 0.0.4; what was not measured yet is left out. */
export function renderVoiceMetrics(entries: Iterable<VoiceMetricsEntry>): string {
  const all = [...entries].map(({ labels, stats }) => ({ labels: labelText(labels), stats }));
  const blocks = metrics.map(({ name, type, help, read }) => {
    const lines = all.flatMap(({ labels, stats }) => {
      const value = read(stats);
      return value === null ? [] : [`antiphon_voice_${name}${labels} ${value}\n`];
    });
    const head = `# HELP antiphon_voice_${name} ${help}\n# TYPE antiphon_voice_${name} ${type}\n`;
    return lines.length === 0 ? "" : head + lines.join("");
  });
  return blocks.join("");
}
