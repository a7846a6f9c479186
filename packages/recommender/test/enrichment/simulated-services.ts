import { createManualClock, createSeededRandom, type ManualClock } from "@antiphon/std";
import {
  startMusicApisSimulator,
  type KnownRecording,
  type MusicApisSimulator,
  type MusicApisSimulatorOptions,
} from "@antiphon/sim/music-apis";
import { createHttpPool, type HttpPort, type HttpRequest } from "@antiphon/recommender/enrichment";

/** The simulated services with a clock of their own, which moves only while no request is on its way. */
export interface SimulatedServices extends AsyncDisposable {
  readonly simulator: MusicApisSimulator;
  readonly clock: ManualClock;
  /** What clients are built with. */
  readonly shared: {
    readonly http: HttpPort;
    readonly clock: ManualClock;
    readonly random: ReturnType<typeof createSeededRandom>;
  };
  /** A recording that the services know. */
  recording(index: number): KnownRecording;
  /** What was sent, as it was. */
  readonly sent: readonly HttpRequest[];
  /** Lets time pass until a promise has settled. */
  finish<Value>(promise: Promise<Value>): Promise<Value>;
}

/** Starts {@link SimulatedServices}. */
export async function startServices(options: MusicApisSimulatorOptions = {}): Promise<SimulatedServices> {
  const clock = createManualClock();
  const simulator = await startMusicApisSimulator({ clock, ...options });
  const pool = createHttpPool();
  const sent: HttpRequest[] = [];
  let underWay = 0;
  const http: HttpPort = {
    async send(request) {
      sent.push(request);
      underWay++;
      try {
        return await pool.send(request);
      } finally {
        underWay--;
      }
    },
  };
  const finish = async <Value>(promise: Promise<Value>): Promise<Value> => {
    const progress = { isDone: false };
    const settled = promise.finally(() => (progress.isDone = true));
    settled.catch(() => {});
    while (!progress.isDone) {
      await new Promise((resolve) => setImmediate(resolve));
      // A request that a fault keeps waiting needs time to pass; any other needs none.
      if (underWay === simulator.delayed) await clock.advance(50);
    }
    return settled;
  };
  return {
    simulator,
    clock,
    shared: { http, clock, random: createSeededRandom(1) },
    sent,
    recording(index) {
      const recording = simulator.catalogue.recordings[index];
      if (recording === undefined) throw new RangeError(`there is no recording ${index}`);
      return recording;
    },
    finish,
    async [Symbol.asyncDispose]() {
      await pool.close();
      await simulator.close();
    },
  };
}
