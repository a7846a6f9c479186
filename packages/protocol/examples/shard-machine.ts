// What a gateway client does, without a socket: Discord's frames go into a pure state machine, and what to do comes out. This one's
// "socket" is an array, so that a lost connection and its resume can be read line by line.
// Here: `npx node --conditions=@antiphon/source packages/protocol/examples/shard-machine.ts`; in a project of your own: `node shard-machine.ts`.
import {
  decodeGatewayFrame,
  gatewayCloseAction,
  initialShardState,
  stepShard,
  type ShardEffect,
  type ShardInput,
} from "@antiphon/protocol/discord";

const frame = (payload: object): ShardInput => ({ type: "frame", frame: decodeGatewayFrame(payload) });

const inputs: readonly ShardInput[] = [
  { type: "connectRequested" },
  frame({ op: 10, d: { heartbeat_interval: 41_250 } }),
  { type: "identifyGranted" },
  frame({ op: 0, t: "READY", s: 1, d: { session_id: "abc", resume_gateway_url: "wss://resume.example" } }),
  frame({ op: 0, t: "MESSAGE_CREATE", s: 2, d: { content: "hello" } }),
  // The network drops it. The session is still good, so the machine goes to where it can be resumed.
  { type: "socketClosed", code: 1006 },
  frame({ op: 10, d: { heartbeat_interval: 41_250 } }),
  frame({ op: 0, t: "RESUMED", s: 3, d: {} }),
];

function tell(effect: ShardEffect): string {
  switch (effect.type) {
    case "openSocket":
      return `open a socket to ${effect.resumeUrl ?? "the gateway"}`;
    default:
      return effect.type;
  }
}

let state = initialShardState;
for (const input of inputs) {
  const step = stepShard(state, input);
  state = step.state;
  const what = input.type === "frame" ? `frame ${input.frame.kind}` : input.type;
  console.log(`${what.padEnd(20)} ${state.status.padEnd(12)} ${step.effects.map(tell).join(", ")}`);
}

// Frames from the wire may be anything; they are sorted, never thrown at the caller.
console.log(decodeGatewayFrame({ op: "ten", d: null }).kind);

// What each close code asks for is a table, not folklore.
for (const code of [4000, 4004, 4009, 4014])
  console.log(`close code ${code}: ${JSON.stringify(gatewayCloseAction(code))}`);
