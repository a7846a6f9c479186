import { createManualClock, createSeededRandom, type ManualClock } from "@antiphon/std";
import { DAVESession } from "@snazzah/davey";
import { describe, expect, test } from "vitest";
import { createDeliveryService, type DaveMessage, type DeliveryService } from "./delivery-service.ts";
import { TlsDecodeError } from "./tls-codec.ts";

const channelId = "900000000000000001";

interface Member {
  readonly session: DAVESession;
  /** Whom ops 11 and 13 have told of so far. */
  readonly known: Set<string>;
  /** What is on its way to and from the server; each way keeps its order, nothing else does. */
  readonly inbox: (() => void)[];
  readonly outbox: (() => void)[];
  readonly executed: number[];
  /** Between op 31 and the next welcome: what still arrives for the old state cannot be processed, and need not be. */
  isRecovering: boolean;
}

/** A delivery service with real MLS clients around it, whose messages travel only when the test says so. */
function createWorld(seed = 1) {
  const random = createSeededRandom(seed);
  const clock: ManualClock = createManualClock();
  const members = new Map<string, Member>();
  const epochs: number[] = [];
  const service: DeliveryService = createDeliveryService({
    channelId,
    clock,
    transitionTimeoutMs: 2000,
    send(userId, message) {
      const member = members.get(userId);
      member?.inbox.push(() => {
        try {
          process(userId, member, message);
        } catch (error) {
          if (member.isRecovering) return;
          // A welcome or a commit for a key package that has been replaced meanwhile: the protocol foresees that.
          if (message.op !== 29 && message.op !== 30) throw error;
          world.recover(userId);
        }
      });
    },
    onEpoch: (epoch) => epochs.push(epoch),
  });

  const sendKeyPackage = (userId: string, { session, outbox }: Member) => {
    const bytes = session.getSerializedKeyPackage();
    outbox.push(() => service.keyPackage(userId, bytes));
  };
  /** What @discordjs/voice does with the MLS messages. */
  const process = (userId: string, member: Member, message: DaveMessage) => {
    const { session, known, outbox, executed } = member;
    if ("json" in message) {
      if (message.op === 22) executed.push(message.json["transition_id"] ?? -1);
      if (message.op !== 24) return;
      session.reinit(1, userId, channelId);
      return sendKeyPackage(userId, member);
    }
    const payload = Buffer.from(message.payload);
    if (message.op === 25) return session.setExternalSender(payload);
    if (message.op === 27) {
      const { commit, welcome } = session.processProposals(payload.readUInt8(), payload.subarray(1), [...known]);
      if (commit !== undefined) {
        const answer = Buffer.concat([commit, welcome ?? Buffer.alloc(0)]);
        outbox.push(() => service.commitWelcome(userId, answer));
      }
      return;
    }
    if (message.op === 29) session.processCommit(payload.subarray(2));
    else session.processWelcome(payload.subarray(2));
    member.isRecovering = false;
    const transitionId = payload.readUInt16BE();
    if (transitionId !== 0) outbox.push(() => service.transitionReady(userId, transitionId));
  };
  /** Moves one message of a random member in a random direction; false when there is none left. */
  const step = (): boolean => {
    const moves: (() => void)[] = [];
    for (const { inbox, outbox } of members.values()) {
      if (inbox.length > 0) moves.push(() => inbox.shift()?.());
      if (outbox.length > 0) moves.push(() => outbox.shift()?.());
    }
    if (moves.length > 0) random.pick(moves)();
    return moves.length > 0;
  };

  const world = {
    service,
    random,
    clock,
    members,
    epochs,
    join(userId: string) {
      const session = new DAVESession(1, userId, channelId);
      const known = new Set(members.keys());
      const member: Member = { session, known, inbox: [], outbox: [], executed: [], isRecovering: false };
      for (const other of members.values()) other.inbox.push(() => other.known.add(userId));
      members.set(userId, member);
      service.join(userId);
      sendKeyPackage(userId, member);
    },
    leave(userId: string) {
      members.delete(userId);
      for (const other of members.values()) other.inbox.push(() => other.known.delete(userId));
      service.leave(userId);
    },
    /** Reports the last message as unusable, with a fresh key package, as a client must. */
    recover(userId: string) {
      const member = world.member(userId);
      member.isRecovering = true;
      member.session.reinit(1, userId, channelId);
      member.outbox.push(() => service.invalidCommitWelcome(userId));
      sendKeyPackage(userId, member);
    },
    member(userId: string): Member {
      const member = members.get(userId);
      if (member === undefined) throw new Error(`no member ${userId}`);
      return member;
    },
    step,
    settle() {
      while (step());
    },
    /** One code for all, and everybody can decrypt everybody. */
    expectOneGroup() {
      const sessions = [...members].map(([userId, { session }]) => ({ userId, session }));
      expect(service.userIds.toSorted()).toEqual([...members.keys()].toSorted());
      expect(new Set(sessions.map(({ session }) => session.voicePrivacyCode)).size).toBe(1);
      for (const { userId, session } of sessions) {
        expect(session.epoch).toBe(BigInt(service.epoch));
        const frame = Buffer.from(`from ${userId} in epoch ${service.epoch}`);
        const encrypted = session.encryptOpus(frame);
        for (const other of sessions) {
          if (other.userId !== userId) expect(other.session.decrypt(userId, 0, encrypted)).toEqual(frame);
        }
      }
    },
  };
  return world;
}

describe("a group", () => {
  test("begins with transition 0 when the first two have each proposed the other", () => {
    const world = createWorld();
    world.join("1");
    world.settle();
    expect(world.service.epoch).toBe(0);
    world.join("2");
    world.settle();
    world.expectOneGroup();
    expect(world.epochs).toEqual([1]);
    expect(world.service.counts.staleCommits).toBe(1);
    expect(world.member("1").executed).toEqual([]);
  });

  test("takes in a third and executes the transition when all three are ready", () => {
    const world = createWorld();
    for (const userId of ["1", "2", "3"]) {
      world.join(userId);
      world.settle();
    }
    world.expectOneGroup();
    for (const userId of ["1", "2", "3"]) expect(world.member(userId).executed).toEqual([1]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test("executes a transition after its time-out when somebody is never ready", async () => {
    const world = createWorld();
    for (const userId of ["1", "2"]) world.join(userId);
    world.settle();
    world.join("3");
    while (world.step()) {
      const { outbox } = world.member("2");
      // The commit may go out, the readiness does not.
      if (world.service.epoch === 2) outbox.length = 0;
    }
    expect(world.member("1").executed).toEqual([]);
    await world.clock.advance(2000);
    world.settle();
    expect(world.member("1").executed).toEqual([1]);
  });

  test("shuts a member out of what is said after it left", () => {
    const world = createWorld();
    for (const userId of ["1", "2", "3"]) world.join(userId);
    world.settle();
    const gone = world.member("3").session;
    world.leave("3");
    world.settle();
    world.expectOneGroup();
    const secret = world.member("1").session.encryptOpus(Buffer.from("without three"));
    expect(() => gone.decrypt("1", 0, secret)).toThrow();
  });

  test("of one is dissolved, and forms again", () => {
    const world = createWorld();
    for (const userId of ["1", "2"]) world.join(userId);
    world.settle();
    world.leave("2");
    world.settle();
    expect(world.service.epoch).toBe(0);
    expect(world.service.userIds).toEqual([]);
    world.join("3");
    world.settle();
    world.expectOneGroup();
    expect(world.epochs).toEqual([1, 0, 1]);
  });

  test("begins anew when all its members are gone before a newcomer was let in", () => {
    const world = createWorld();
    for (const userId of ["1", "2"]) world.join(userId);
    world.settle();
    for (const userId of ["3", "4"]) world.join(userId);
    for (const userId of ["3", "4"]) world.member(userId).outbox.shift()?.();
    for (const userId of ["1", "2"]) world.leave(userId);
    world.settle();
    world.expectOneGroup();
    expect(world.service.userIds.toSorted()).toEqual(["3", "4"]);
  });

  test("takes back the proposal of a newcomer that left before the first commit", () => {
    const world = createWorld();
    world.join("1");
    world.settle();
    world.join("2");
    world.member("2").outbox.shift()?.();
    world.leave("2");
    world.settle();
    expect(world.service.epoch).toBe(0);
    expect(world.service.counts.refusedCommits).toBe(1);
    world.join("3");
    world.settle();
    world.expectOneGroup();
  });

  test("removes and adds again a member that could not follow", () => {
    const world = createWorld();
    for (const userId of ["1", "2", "3"]) world.join(userId);
    world.settle();
    world.recover("2");
    world.settle();
    world.expectOneGroup();
    expect(world.service.counts.invalidCommitWelcomes).toBe(1);
  });
});

test.each(Array.from({ length: 8 }, (_, seed) => seed))("members come, go and fail in any order (seed %i)", (seed) => {
  const world = createWorld(seed);
  const { random, members } = world;
  let nextUserId = 1;
  const someone = () => random.pick([...members.keys()]);
  for (let event = 0; event < 40; event++) {
    const choice = random.next();
    if (members.size < 2 || (choice < 0.5 && members.size < 10)) world.join(String(nextUserId++));
    else if (choice < 0.9) world.leave(someone());
    else if (world.service.userIds.length > 0)
      world.recover(random.pick(world.service.userIds.filter((id) => members.has(id))));
    for (let steps = random.integer(0, 25); steps > 0; steps--) world.step();
  }
  while (members.size < 2) world.join(String(nextUserId++));
  world.settle();
  world.expectOneGroup();
  world.service.close();
  expect(world.clock.pendingTimers).toBe(0);
});

describe("what a client may not send", () => {
  const bytes = new DAVESession(1, "1", channelId).getSerializedKeyPackage();

  test("another user's key package", () => {
    const world = createWorld();
    world.service.join("2");
    expect(() => world.service.keyPackage("2", bytes)).toThrow(TlsDecodeError);
  });

  test("a key package with any byte changed or cut off", () => {
    const world = createWorld();
    world.service.join("1");
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => world.service.keyPackage("1", changed), `byte ${index}`).toThrow(TlsDecodeError);
      expect(() => world.service.keyPackage("1", bytes.subarray(0, index)), `length ${index}`).toThrow(TlsDecodeError);
    }
  });

  test("a commit that is cut off", () => {
    const world = createWorld();
    for (const userId of ["1", "2"]) world.join(userId);
    world.settle();
    const service = createWorld().service;
    service.join("1");
    for (let length = 0; length < 40; length++) {
      expect(() => service.commitWelcome("1", Buffer.alloc(length, 1))).toThrow(TlsDecodeError);
    }
  });
});
