import { hostname as systemHostname } from "node:os";
import { randomUUID } from "node:crypto";
import { silentLogger, type Clock, type Logger, type Random, type Timer } from "@antiphon/std";
import {
  decodeGroupRestart,
  discoveryPollSubject,
  encodeGroupRestart,
  encodeLifecycle,
  groupRestartSubject,
  lifecycleSubject,
  type GroupRestart,
  type ServiceConfig,
} from "@antiphon/protocol/kryten";
import type { BusSubscription } from "../bus/bus-message.ts";
import type { CoreBus } from "../bus/bus-transport.ts";

/** Options of {@link startLifecycle}. */
export interface LifecycleOptions {
  readonly bus: CoreBus;
  readonly service: ServiceConfig;
  /** Tells instances of one service apart. Defaults to a random one. */
  readonly instanceId?: string | undefined;
  /** Defaults to this machine's name. */
  readonly hostname?: string | undefined;
  /** Where the service can be asked how it is; announced at startup. */
  readonly endpoints?: Readonly<Record<string, { readonly port: number; readonly path: string }>> | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger?: Logger;
}

/** Announces a service, shows that it lives, and announces its end. */
export interface LifecyclePublisher extends AsyncDisposable {
  readonly instanceId: string;
  /** Announces something else: `connected`, `disconnected`. */
  announce(event: string, extra?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Calls the listener when all services are asked to restart. */
  onGroupRestart(listener: (restart: GroupRestart) => void): Disposable;
  /** Asks all services to restart, this one included. */
  requestGroupRestart(reason: string, delaySeconds?: number): Promise<void>;
  /** Announces the shutdown, then cleans up; rejects when the bus does not take it within 2 s. Idempotent. */
  close(reason?: string): Promise<void>;
}

/** How much of the interval a heartbeat may come earlier, so that services started together do not beat together. */
const JITTER_SHARE = 0.1;
/** How long the bus may take for the farewell: it may be away, and so may whoever should hear it. */
const FAREWELL_MS = 2_000;
/** The longest that an answer to a poll waits: hundreds of services would answer at once otherwise. */
const POLL_JITTER_MS = 500;

/** Announces the startup, beats at once and then every interval, and answers polls. */
export async function startLifecycle(options: LifecycleOptions): Promise<LifecyclePublisher> {
  const { bus, service, clock, random, logger = silentLogger, endpoints } = options;
  const { instanceId = randomUUID(), hostname = systemHostname() } = options;
  const startedAtMs = clock.monotonicMs();
  const listeners = new Set<(restart: GroupRestart) => void>();
  const subscriptions: BusSubscription[] = [];
  const timers = new Set<Timer>();
  let closed = false;

  const announce = async (
    event: string,
    extra: Readonly<Record<string, unknown>> = {},
    signal?: AbortSignal,
  ): Promise<void> => {
    const data = encodeLifecycle({
      service: service.name,
      version: service.version,
      hostname,
      instanceId,
      sentAtMs: clock.now(),
      uptimeMs: clock.monotonicMs() - startedAtMs,
      metadata: endpoints === undefined ? undefined : { endpoints },
      extra,
    });
    await bus.send(lifecycleSubject(service.name, event), data, { signal });
  };
  const closeSubscriptions = () => Promise.all(subscriptions.map((subscription) => subscription.close()));
  const announceLater = (event: string): void => {
    announce(event).catch((error: unknown) => logger.warn("lifecycle event not published", { event, error }));
  };
  const after = (delayMs: number, run: () => void): void => {
    const timer = clock.setTimer(
      delayMs,
      () => {
        timers.delete(timer);
        run();
      },
      { keepAlive: false },
    );
    timers.add(timer);
  };
  const beat = (): void => {
    announceLater("heartbeat");
    after(service.heartbeatIntervalMs * (1 - JITTER_SHARE * random.next()), beat);
  };

  if (service.enableDiscovery) {
    let isAnswering = false;
    const answerPoll = () => {
      // One answer serves all who ask meanwhile; whoever floods the subject gets no flood back.
      if (isAnswering) return;
      isAnswering = true;
      after(random.next() * POLL_JITTER_MS, () => {
        isAnswering = false;
        announceLater("startup");
      });
    };
    subscriptions.push(await bus.listen(discoveryPollSubject, answerPoll));
  }
  const restarted = await bus.listen(groupRestartSubject, ({ data }) => {
    const restart = decodeGroupRestart(data);
    for (const listener of listeners) listener(restart);
  });
  subscriptions.push(restarted);
  try {
    if (service.enableLifecycle) await announce("startup");
  } catch (error) {
    await closeSubscriptions();
    throw error;
  }
  if (service.enableHeartbeat) beat();

  const publisher: LifecyclePublisher = {
    instanceId,
    announce: (event, extra) => announce(event, extra),
    onGroupRestart(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    async requestGroupRestart(reason, delaySeconds = 5) {
      const data = encodeGroupRestart({ initiator: service.name, reason, delaySeconds, sentAtMs: clock.now() });
      await bus.send(groupRestartSubject, data);
    },
    async close(reason = "Normal shutdown") {
      if (closed) return;
      closed = true;
      for (const timer of timers) timer.cancel();
      const ending = new AbortController();
      using _timer = clock.setTimer(FAREWELL_MS, () => ending.abort());
      try {
        if (service.enableLifecycle) await announce("shutdown", { reason }, ending.signal);
      } finally {
        await closeSubscriptions();
      }
    },
    [Symbol.asyncDispose]: () => publisher.close(),
  };
  return publisher;
}
