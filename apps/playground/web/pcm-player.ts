/// <reference lib="dom" />

// Runs in the browser's audio thread: plays interleaved s16le stereo that arrives in pieces.

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

const CAPACITY_SAMPLES = 48_000;
/** How much must be there before playing begins, or begins again: 120 ms hide the network's unevenness. */
const START_SAMPLES = 5_760;

class PcmPlayer extends AudioWorkletProcessor {
  private readonly ring = new Int16Array(CAPACITY_SAMPLES * 2);
  private readAt = 0;
  private available = 0;
  private playing = false;

  constructor() {
    super();
    this.port.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer>) => this.write(new Int16Array(data)));
    this.port.start();
  }

  private write(samples: Int16Array): void {
    for (const sample of samples) {
      this.ring[(this.readAt + this.available) % this.ring.length] = sample;
      if (this.available < this.ring.length) this.available++;
      else this.readAt = (this.readAt + 1) % this.ring.length;
    }
    if (this.available >= START_SAMPLES * 2) this.playing = true;
  }

  process(_inputs: readonly Float32Array[][], outputs: readonly Float32Array[][]): boolean {
    const [left, right] = outputs[0] ?? [];
    if (left === undefined || right === undefined || !this.playing) return true;
    for (let index = 0; index < left.length; index++) {
      if (this.available < 2) {
        this.playing = false;
        break;
      }
      left[index] = (this.ring[this.readAt] ?? 0) / 32_768;
      right[index] = (this.ring[this.readAt + 1] ?? 0) / 32_768;
      this.readAt = (this.readAt + 2) % this.ring.length;
      this.available -= 2;
    }
    return true;
  }
}

registerProcessor("pcm-player", PcmPlayer);
