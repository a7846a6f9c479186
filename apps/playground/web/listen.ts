import { LISTEN_SAMPLE_RATE_HZ } from "../src/page-protocol.ts";
import { byId } from "./element.ts";

/** The Listen button: plays what the simulated voice channel carries, and shows its wave and loudness. */
export function createListen(context: { readonly notice: (text: string) => void }) {
  const button = byId("listen", HTMLButtonElement);
  const meter = byId("level", HTMLMeterElement);
  const canvas = byId("scope", HTMLCanvasElement);
  const hint = byId("listen-hint", HTMLParagraphElement);
  let stop: (() => void) | undefined;

  const start = async () => {
    const audio = new AudioContext({ sampleRate: LISTEN_SAMPLE_RATE_HZ, latencyHint: "interactive" });
    await audio.audioWorklet.addModule("/pcm-player.ts");
    const player = new AudioWorkletNode(audio, "pcm-player", { numberOfInputs: 0, outputChannelCount: [2] });
    const analyser = new AnalyserNode(audio, { fftSize: 2048 });
    player.connect(analyser).connect(audio.destination);
    await audio.resume();
    const socket = new WebSocket(`${location.origin.replace("http", "ws")}/listen`);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer>) => player.port.postMessage(data, [data]));
    socket.addEventListener("close", () => end());
    const drawing = draw(analyser, canvas, meter);
    const end = () => {
      if (stop === undefined) return;
      stop = undefined;
      drawing.stop();
      socket.close();
      void audio.close();
      button.setAttribute("aria-pressed", "false");
      button.textContent = "🎧 Listen";
      hint.textContent = "Joins the voice channel and plays what the bot sends.";
    };
    stop = end;
    button.setAttribute("aria-pressed", "true");
    button.textContent = "🎧 Listening";
    hint.textContent = "Decrypted and decoded from the simulated voice server.";
  };

  button.addEventListener("click", () => {
    if (stop !== undefined) return stop();
    button.disabled = true;
    start()
      .catch((error: unknown) =>
        context.notice(`The browser cannot play sound here: ${error instanceof Error ? error.message : String(error)}`),
      )
      .finally(() => {
        button.disabled = false;
      });
  });
}

/** Draws the wave and keeps the meter at the root mean square of what is heard. */
function draw(analyser: AnalyserNode, canvas: HTMLCanvasElement, meter: HTMLMeterElement) {
  const samples = new Float32Array(analyser.fftSize);
  const pen = canvas.getContext("2d");
  const colour = getComputedStyle(document.documentElement).getPropertyValue("--accent");
  // A timer rather than animation frames: the meter must also move in a tab that is not in front.
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    let energy = 0;
    for (const sample of samples) energy += sample * sample;
    meter.value = Math.sqrt(energy / samples.length);
    if (pen === null) return;
    const { width, height } = canvas;
    pen.clearRect(0, 0, width, height);
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    pen.beginPath();
    for (let x = 0; x < width; x++) {
      const sample = samples[Math.floor((x / width) * samples.length)] ?? 0;
      pen.lineTo(x, height / 2 - sample * height * 0.9);
    }
    pen.stroke();
  }, 50);
  return {
    stop() {
      clearInterval(timer);
      meter.value = 0;
      pen?.clearRect(0, 0, canvas.width, canvas.height);
    },
  };
}
