import { once } from "node:events";
import { connectNatsCoreBus } from "../src/index.ts";
import { openRobot } from "../src/robot/index.ts";

// A robot in a process of its own, until its standard input ends.
const [servers = "", siteUrl = "", domain = ""] = process.argv.slice(2);
const bus = await connectNatsCoreBus({ servers });
const robot = await openRobot({ bus, siteUrl, domain, channel: "lounge" });
console.log("joined");
process.stdin.resume();
await once(process.stdin, "end");
await robot.close();
await bus.close();
