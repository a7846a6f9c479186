import {
  createVoiceState,
  decodeServerFrame,
  decodeVoiceServerText,
  encodeClientFrame,
  stepVoice,
  VoiceOpcode,
  type VoiceClientMessage,
  type VoiceEffect,
  type VoiceEnd,
  type VoiceInput,
  type VoiceMachineState,
  type VoiceMediaMessage,
  type VoiceTimer,
} from "@antiphon/protocol/voice";
import { viewControls, viewCounters, type ConnectionMemory } from "../shared-memory.ts";
import type { AudioClock } from "./audio-clock.ts";
import { createCipher } from "./create-cipher.ts";
import { createDaveySession } from "./davey-session.ts";
import type { E2eeReply } from "./e2ee-session.ts";
import { createPacketReceiver, SWEEP_MS } from "./packet-receiver.ts";
import { createPacketSender, type SenderKeys } from "./packet-sender.ts";
import { openUdpLink, type UdpLink } from "./udp-link.ts";
import { openVoiceSocket, type VoiceSocket } from "./voice-socket.ts";
import type { RoomPhase, RoomReport } from "./worker-message.ts";

/** Options of {@link createVoiceRoom}. */
export interface VoiceRoomOptions {
  readonly memory: ConnectionMemory;
  readonly ca: string | undefined;
  readonly moveWaitMs: number | undefined;
  readonly clock: AudioClock;
  readonly report: (report: RoomReport) => void;
}

/** One connection in its worker: it executes what the voice machine decides. */
export interface VoiceRoom {
  /** Tells the machine what happened outside. */
  input(input: VoiceInput): void;
  /** Makes the clock look at the ring and the controls. */
  wake(): void;
  /** Announces the speaking flags again before the next packet. */
  reannounce(): void;
}

type Established = Extract<VoiceEffect, { type: "established" }>;

function phaseOf(state: VoiceMachineState, wasConnected: boolean): RoomPhase | null {
  if (state.name === "connected") return "connected";
  if (state.name === "closed" || state.name === "idle") return null;
  return wasConnected ? "reconnecting" : "connecting";
}

/** Builds a room; it opens nothing before its first credentials. */
export function createVoiceRoom({ memory, ca, moveWaitMs, clock, report }: VoiceRoomOptions): VoiceRoom {
  const counters = viewCounters(memory.counters);
  const controls = viewControls(memory.controls);
  const timers = new Map<VoiceTimer, NodeJS.Timeout>();
  const members = new Set<string>();
  const inputs: VoiceInput[] = [];
  let state: VoiceMachineState = createVoiceState({ moveWaitMs });
  let phase: RoomPhase | null = null;
  let wasConnected = false;
  let socket: VoiceSocket | null = null;
  let socketProblem: string | undefined;
  let udp: UdpLink | null = null;
  let keys: SenderKeys | null = null;
  let sweeper: NodeJS.Timeout | null = null;
  /** The flags of the last op 5; 0 while nothing is sent. */
  let announcedFlags = 0;

  const debug = (message: string) => report({ type: "debug", message });
  const sendMessage = (message: VoiceClientMessage) => socket?.send(JSON.stringify(message));
  const reply = (answer: E2eeReply) => {
    if (answer.type === "message") sendMessage(answer.message);
    else socket?.send(encodeClientFrame(answer.frame));
  };
  const receiver = createPacketReceiver({
    ring: memory.receive,
    counters,
    controls,
    onFrames: () => report({ type: "frames" }),
    onSpeaking: (userId, speaking, ssrc) => report({ type: "speaking", userId, speaking, ssrc }),
  });
  const sender = createPacketSender({
    ring: memory.send,
    counters,
    controls,
    transmit: (packet) => udp?.send(packet),
    announceSpeaking(speaking, ssrc) {
      announcedFlags = speaking ? controls.load("speakingFlags") : 0;
      sendMessage({ op: VoiceOpcode.Speaking, d: { speaking: announcedFlags, delay: 0, ssrc } });
    },
    onStart: (playbackId) => report({ type: "playbackStart", playbackId }),
    onEnd: (playbackId, playedFrames) => report({ type: "playbackEnd", playbackId, playedFrames }),
    onUnderrun: (playbackId) => report({ type: "underrun", playbackId }),
  });
  const seat = clock.join(sender);

  const stopSweeping = () => {
    if (sweeper !== null) clearInterval(sweeper);
    sweeper = null;
  };
  const keepSweeping = () => {
    if (!receiver.busy) return;
    sweeper ??= setInterval(() => {
      receiver.sweep(performance.now());
      if (!receiver.busy) stopSweeping();
    }, SWEEP_MS);
  };
  const openUdp = (address: string, port: number) => {
    udp?.close();
    udp = openUdpLink({
      address,
      port,
      debug,
      onPacket: (packet, nowMs) => {
        receiver.onPacket(packet, nowMs);
        keepSweeping();
      },
      onDiscovered: (discovered) => input({ type: "discovered", address: discovered }),
      onLatency: (latencyMs) => counters.set("udpLatencyMs", latencyMs),
    });
  };
  const closeMedia = () => {
    sender.setKeys(null);
    receiver.setKeys(null);
    stopSweeping();
    for (const userId of members) report({ type: "memberLeave", userId });
    members.clear();
    keys?.cipher.close();
    keys?.e2ee.close();
    keys = null;
    udp?.close();
    udp = null;
  };
  const reportEncryption = () => {
    if (keys === null) return;
    const { cipher, e2ee } = keys;
    const { protocolVersion: daveProtocolVersion, epoch: daveEpoch, privacyCode } = e2ee;
    report({ type: "encryption", encryption: { cipher: cipher.mode, daveProtocolVersion, daveEpoch, privacyCode } });
    seat.wake();
  };
  const establish = ({ mode, secretKey, ssrc, daveProtocolVersion, credentials }: Established) => {
    const cipher = createCipher(mode, Uint8Array.from(secretKey));
    const { userId, channelId } = credentials;
    const e2ee = createDaveySession({
      protocolVersion: daveProtocolVersion,
      userId,
      channelId,
      reply,
      onChange: reportEncryption,
      debug,
      nowMs: () => performance.now(),
    });
    keys = { ssrc, cipher, e2ee };
    sender.setKeys(keys);
    receiver.setKeys(keys);
    reportEncryption();
  };
  const onMedia = (message: VoiceMediaMessage) => {
    switch (message.op) {
      case VoiceOpcode.Speaking:
        receiver.mapSsrc(message.d.ssrc, message.d.user_id, performance.now());
        keepSweeping();
        break;
      case VoiceOpcode.ClientsConnect:
        for (const userId of message.d.user_ids) {
          if (!members.has(userId)) report({ type: "memberJoin", userId });
          members.add(userId);
        }
        break;
      case VoiceOpcode.ClientDisconnect:
        receiver.removeUser(message.d.user_id);
        if (members.delete(message.d.user_id)) report({ type: "memberLeave", userId: message.d.user_id });
        break;
      default:
        keys?.e2ee.handleMessage(message);
    }
  };
  const openSocket = (url: string) => {
    void socket?.close(1000);
    socket = openVoiceSocket({
      url,
      ca,
      debug,
      onText: (text) => {
        const decoded = decodeVoiceServerText(text);
        if (decoded === null)
          debug(`The voice server sent a message that could not be decoded (${text.length} characters)`);
        else input({ type: "text", text: decoded, nowMs: performance.now() });
      },
      onBinary: (bytes) => {
        const frame = decodeServerFrame(bytes);
        if (frame !== null) input({ type: "frame", frame });
      },
      onClose: (code, problem) => {
        socketProblem = problem;
        debug(`The voice server's socket closed with ${code}`);
        input({ type: "socketClosed", code });
      },
    });
  };
  const setTimer = (timer: VoiceTimer, delayMs: number) => {
    clearTimeout(timers.get(timer));
    timers.set(
      timer,
      setTimeout(() => input({ type: "timer", timer, nowMs: performance.now() }), delayMs),
    );
  };
  const finish = async (end: VoiceEnd) => {
    seat.leave();
    await socket?.close(1000);
    socket = null;
    report({ type: "ended", end });
  };
  const execute = (effect: VoiceEffect): void => {
    switch (effect.type) {
      case "openSocket":
        return openSocket(effect.url);
      case "closeSocket":
        return void socket?.close(effect.code);
      case "send":
        return sendMessage(effect.message);
      case "openUdp":
        return openUdp(effect.address, effect.port);
      case "sendDiscovery":
        return udp?.discover(effect.ssrc);
      case "closeMedia":
        return closeMedia();
      case "setTimer":
        return setTimer(effect.timer, effect.delayMs);
      case "clearTimer":
        return clearTimeout(timers.get(effect.timer));
      case "established":
        return establish(effect);
      case "resumed":
        return sender.reannounce();
      case "media":
        return onMedia(effect.message);
      case "mediaFrame":
        return keys?.e2ee.handleFrame(effect.frame, members);
      case "latency":
        return counters.set("gatewayLatencyMs", effect.latencyMs);
      case "rejoin":
        return report({
          type: "rejoin",
          attempt: effect.attempt,
          closeCode: effect.closeCode,
          problem: socketProblem ?? null,
        });
      case "ended":
        return void finish(effect.end);
    }
  };
  const reportPhase = () => {
    const next = phaseOf(state, wasConnected);
    if (next === "connected") wasConnected = true;
    if (next === null || next === phase) return;
    phase = next;
    report({ type: "phase", phase: next });
  };
  /** Inputs that come while effects are executed wait, so that a step never runs inside another. */
  const input = (next: VoiceInput) => {
    inputs.push(next);
    if (inputs.length > 1) return;
    while (inputs[0] !== undefined) {
      const step = stepVoice(state, inputs[0]);
      state = step.state;
      for (const effect of step.effects) execute(effect);
      reportPhase();
      inputs.shift();
    }
  };

  return {
    input,
    wake: () => seat.wake(),
    reannounce() {
      // The clock may have announced the new flags before this was asked for.
      if (controls.load("speakingFlags") !== announcedFlags) sender.reannounce();
    },
  };
}
