/** kryten's keys whose value is in seconds, and ours in milliseconds. */
const seconds: Readonly<Record<string, string>> = {
  connect_timeout: "connectTimeoutMs",
  reconnect_time_wait: "reconnectWaitMs",
  ping_interval: "pingIntervalMs",
  heartbeat_interval: "heartbeatIntervalMs",
  retry_delay: "retryDelayMs",
  handler_timeout: "handlerTimeoutMs",
  chat_min_delay: "chatMinimumDelayMs",
  chat_jitter: "chatJitterMs",
};

/** kryten's keys that we spell out. */
const spelledOut: Readonly<Record<string, string>> = {
  max_reconnect_attempts: "maximumReconnectAttempts",
  max_concurrent_handlers: "maximumConcurrentHandlers",
  tls_cert: "tlsCertificateFile",
  tls_key: "tlsKeyFile",
  tls_ca: "tlsAuthorityFile",
  nkey_seed: "nkeySeed",
  credentials: "credentialsFile",
};

function toMilliseconds(value: unknown): unknown {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number * 1000 : value;
}

/** Turns a configuration with kryten's keys into one with ours; what is ours already stays. `null` counts as left out. */
export function renameKrytenKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renameKrytenKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    if (item === null) continue;
    const inMilliseconds = Object.hasOwn(seconds, key) ? seconds[key] : undefined;
    if (inMilliseconds !== undefined) {
      entries.push([inMilliseconds, toMilliseconds(item)]);
      continue;
    }
    const ours = Object.hasOwn(spelledOut, key) ? spelledOut[key] : undefined;
    const camel = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    entries.push([ours ?? camel, renameKrytenKeys(item)]);
  }
  return Object.fromEntries(entries);
}
