import { DAVESession } from "@snazzah/davey";
import { describeError } from "@antiphon/std";
import { decodeMlsTransition, isOpusSilence, VoiceOpcode } from "@antiphon/protocol/voice";
import type { E2eeSession, E2eeSessionOptions } from "./e2ee-session.ts";

// Values of davey's const enums, which code that is compiled file by file cannot read.
const MEDIA_AUDIO = 0;
const PROPOSALS_APPEND = 0;
const PROPOSALS_REVOKE = 1;

/** Undecryptable frames in a row after which the group is rebuilt. */
const FAILURE_TOLERANCE = 36;
/** The least time between two rebuilds that decryption failures cause, in milliseconds. */
const REBUILD_INTERVAL_MS = 10_000;
/** How long frames in clear are still accepted after the call became encrypted, in milliseconds. */
const CLEAR_GRACE_MS = 10_000;

/**
 * DAVE by `@snazzah/davey`, which holds the MLS group and the media keys; this driver does the handshake around it.
 *
 * @see [DAVE Protocol], "MLS" and "Protocol Transitions"
 */
export function createDaveySession(options: E2eeSessionOptions): E2eeSession {
  const { userId, channelId, reply, debug, nowMs } = options;
  /** The version in force, and the one that the group is being built for. */
  let version = options.protocolVersion;
  let preparedVersion = options.protocolVersion;
  let session: DAVESession | null = null;
  /** Transitions that were prepared and wait for op 22, with the version that each brings. */
  const pending = new Map<number, number>();
  let lastTransitionId = 0;
  let failures = 0;
  let rebuilding = false;
  let rebuiltAtMs = Number.NEGATIVE_INFINITY;
  let clearUntilMs = Number.NEGATIVE_INFINITY;
  // What the group is, kept because asking davey costs as much as encrypting a frame does.
  let sendable = false;
  let epoch: number | null = null;

  const readGroup = () => {
    const ready = session?.ready === true;
    const groupEpoch = session?.epoch ?? null;
    sendable = version === 0 || ready;
    epoch = ready && groupEpoch !== null ? Number(groupEpoch) : null;
  };
  const onChange = () => {
    readGroup();
    options.onChange();
  };
  const sendKeyPackage = () => {
    if (session === null) return;
    reply({ type: "frame", frame: { op: VoiceOpcode.MlsKeyPackage, payload: session.getSerializedKeyPackage() } });
  };
  /** Starts a new group at `preparedVersion`, or ends encryption when that is 0. */
  const restart = () => {
    if (preparedVersion === 0) {
      session?.reset();
      readGroup();
      return;
    }
    try {
      if (session === null) session = new DAVESession(preparedVersion, userId, channelId);
      else session.reinit(preparedVersion, userId, channelId);
      sendKeyPackage();
    } catch (error) {
      // A version that davey does not know: without a group nothing is sent.
      debug(`DAVE version ${preparedVersion} could not be started: ${describeError(error)}`);
    }
  };
  const execute = (transitionId: number) => {
    const next = pending.get(transitionId);
    if (next === undefined) return;
    pending.delete(transitionId);
    if (version === 0 && next > 0) clearUntilMs = nowMs() + CLEAR_GRACE_MS;
    version = next;
    lastTransitionId = transitionId;
    rebuilding = false;
    failures = 0;
    onChange();
  };
  /** Announces that a transition is prepared; transition 0 takes effect at once. */
  const prepare = (transitionId: number, nextVersion: number) => {
    pending.set(transitionId, nextVersion);
    if (transitionId === 0) execute(0);
    else
      reply({ type: "message", message: { op: VoiceOpcode.DaveTransitionReady, d: { transition_id: transitionId } } });
  };
  /** Tells the server that a commit or welcome was useless to us, and asks to be added anew. */
  const rebuild = (transitionId: number) => {
    if (rebuilding) return;
    rebuilding = true;
    failures = 0;
    rebuiltAtMs = nowMs();
    reply({
      type: "message",
      message: { op: VoiceOpcode.MlsInvalidCommitWelcome, d: { transition_id: transitionId } },
    });
    restart();
    onChange();
  };
  const onTransition = (payload: Uint8Array, process: (message: Buffer) => void) => {
    const transition = decodeMlsTransition(payload);
    if (transition === null) return;
    const { transitionId, message } = transition;
    try {
      process(Buffer.from(message));
    } catch (error) {
      debug(`DAVE transition ${transitionId} was invalid: ${describeError(error)}`);
      rebuild(transitionId);
      return;
    }
    prepare(transitionId, preparedVersion);
    onChange();
  };
  const onProposals = (active: DAVESession, payload: Uint8Array, recognizedUserIds: ReadonlySet<string>) => {
    const operation = payload[0] === PROPOSALS_APPEND ? PROPOSALS_APPEND : PROPOSALS_REVOKE;
    const { commit, welcome } = active.processProposals(operation, Buffer.from(payload.subarray(1)), [
      ...recognizedUserIds,
    ]);
    if (commit === undefined) return;
    const parts = welcome === undefined ? [commit] : [commit, welcome];
    reply({ type: "frame", frame: { op: VoiceOpcode.MlsCommitWelcome, payload: Buffer.concat(parts) } });
  };
  const countFailure = () => {
    failures++;
    if (failures < FAILURE_TOLERANCE || rebuilding || pending.size > 0) return;
    if (nowMs() - rebuiltAtMs < REBUILD_INTERVAL_MS) return;
    debug(`DAVE could not decrypt ${failures} frames in a row; the group is rebuilt`);
    rebuild(lastTransitionId);
  };

  if (preparedVersion > 0) restart();
  readGroup();

  return {
    get protocolVersion() {
      return version;
    },
    get sendable() {
      return sendable;
    },
    get epoch() {
      return epoch;
    },
    get privacyCode() {
      return (session?.ready === true && session.voicePrivacyCode) || null;
    },
    handleMessage(message) {
      if (message.op === VoiceOpcode.DavePrepareTransition)
        prepare(message.d.transition_id, message.d.protocol_version);
      else if (message.op === VoiceOpcode.DaveExecuteTransition) execute(message.d.transition_id);
      else if (message.op === VoiceOpcode.DavePrepareEpoch && message.d.epoch === 1) {
        preparedVersion = message.d.protocol_version;
        restart();
        onChange();
      }
    },
    handleFrame({ op, payload }, recognizedUserIds) {
      if (session === null) return;
      try {
        if (op === VoiceOpcode.MlsExternalSender) session.setExternalSender(Buffer.from(payload));
        else if (op === VoiceOpcode.MlsProposals) onProposals(session, payload, recognizedUserIds);
      } catch (error) {
        // Proposals from strangers and repeated external senders are refused without harm to the group.
        debug(`DAVE refused op ${op}: ${describeError(error)}`);
      }
      const active = session;
      if (op === VoiceOpcode.MlsAnnounceCommitTransition)
        onTransition(payload, (commit) => active.processCommit(commit));
      else if (op === VoiceOpcode.MlsWelcome) onTransition(payload, (welcome) => active.processWelcome(welcome));
    },
    encrypt(frame) {
      if (version === 0 || isOpusSilence(frame)) return frame;
      try {
        return session?.encryptOpus(Buffer.from(frame.buffer, frame.byteOffset, frame.length)) ?? null;
      } catch (error) {
        debug(`DAVE could not encrypt a frame: ${describeError(error)}`);
        return null;
      }
    },
    decrypt(user, frame) {
      if (isOpusSilence(frame)) return frame;
      const clearAllowed = version === 0 || nowMs() < clearUntilMs || pending.values().some((next) => next === 0);
      if (clearAllowed && !(frame.at(-1) === 0xfa && frame.at(-2) === 0xfa)) return frame;
      try {
        if (session === null) return clearAllowed ? frame : null;
        const opus = session.decrypt(user, MEDIA_AUDIO, frame);
        failures = 0;
        return opus;
      } catch {
        // A frame that only looks encrypted is one in clear while those are allowed; any other is a number in the statistics.
        if (clearAllowed) return frame;
        countFailure();
        return null;
      }
    },
    close() {
      session?.reset();
      session = null;
      pending.clear();
      readGroup();
    },
  };
}
