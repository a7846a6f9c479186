import type { BusMessage, BusSubscription } from "../bus/bus-message.ts";
import type { BusTransport } from "../bus/bus-transport.ts";
import { directSubject, encodeAnswer, readOffer, type DirectAnswer, type DirectOffer } from "./direct-offer.ts";
import type { ReceivedDispatch } from "./dispatch-codec.ts";
import { dispatchKey } from "./shard-positions.ts";

/** Options of {@link openDirectIntake}. */
export interface DirectIntakeOptions {
  readonly bus: BusTransport;
  readonly applicationId: string;
  readonly lane: number;
  /** How far the lane is with a shard. */
  readonly positionOf: (shard: string) => DirectAnswer;
  /** Whether these dispatches leave none out, and can be begun now. */
  readonly mayTake: (offer: DirectOffer, unfinished: number) => boolean;
  /** Begins a dispatch that has not come before; a promise that it gives settles when its work is done. */
  readonly take: (dispatch: ReceivedDispatch) => Promise<unknown> | undefined;
  /** Told of a message that is no offer. */
  readonly onMalformed: () => void;
}

/** What gateways bring to a lane themselves; see {@link openDirectIntake}. */
export interface DirectIntake {
  /** What was begun for a dispatch and is not done. */
  workOf(dispatch: ReceivedDispatch): Promise<unknown> | undefined;
  /** Resolves when nothing more comes, and all that was begun is done. */
  close(): Promise<void>;
}

/**
 * Takes the dispatches that gateways bring to the owner of a lane themselves while the stream does not: JetStream takes nothing for the
 * 4 to 9 s in which it elects a leader. Each offer is taken whole or not at all, and only when it follows on what is known. The position
 * in the stream stays where it is: when this process dies, its successor gets the same dispatches from the stream.
 */
export async function openDirectIntake(options: DirectIntakeOptions): Promise<DirectIntake> {
  const { bus, applicationId, lane, positionOf, mayTake, take, onMalformed } = options;
  const unfinished = new Map<string, Promise<unknown>>();

  const begin = (dispatch: ReceivedDispatch): void => {
    const work = take(dispatch);
    if (work === undefined) return;
    const key = dispatchKey(dispatch);
    const settled = work.catch(() => {}).finally(() => unfinished.delete(key));
    unfinished.set(key, settled);
  };
  const onOffer = async (message: BusMessage): Promise<Uint8Array> => {
    const offer = readOffer(message);
    if (offer === undefined) {
      onMalformed();
      throw new Error("That is no offer.");
    }
    if (offer.dispatches.length > 0 && mayTake(offer, unfinished.size))
      for (const each of offer.dispatches) begin(each);
    return encodeAnswer(positionOf(offer.shard));
  };

  const responder: BusSubscription = await bus.respond(directSubject(applicationId, lane), onOffer);
  return {
    workOf: (dispatch) => (unfinished.size === 0 ? undefined : unfinished.get(dispatchKey(dispatch))),
    async close() {
      await responder.close();
      await Promise.all(unfinished.values());
    },
  };
}
