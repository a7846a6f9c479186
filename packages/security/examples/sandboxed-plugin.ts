// Runs plugins that nobody vouches for: a useful one with two granted functions, and four that misbehave. Each run has an interpreter of
// its own, and the process that hosts them goes on whatever they do.
// Here: `npx node --conditions=@antiphon/source packages/security/examples/sandboxed-plugin.ts`; in a project of your own:
// `node sandboxed-plugin.ts`.
import { createPluginFirewall } from "@antiphon/security/sandbox";
import { describeError } from "@antiphon/std";

const library = ["Spem in alium", "Miserere mei", "Harbour lights", "Tidewater"];
const queue: string[] = [];

const firewall = createPluginFirewall({
  // A grant is trusted code with an untrusted argument, so it looks at what it is given.
  grants: {
    search: (words) => {
      if (typeof words !== "string") throw new Error("search takes words");
      return library.filter((title) => title.toLowerCase().includes(words));
    },
    enqueue: (title) => {
      if (typeof title !== "string" || !library.includes(title)) throw new Error("there is no such track");
      return queue.push(title);
    },
  },
  modules: { shuffle: "export const last = (list) => list[list.length - 1];" },
  memoryBytes: 16 * 1024 * 1024,
  timeoutMs: 5_000, // the time of a run, of which a busy machine may need some
  onLog: ({ level, text }) => console.log(`  the plugin says (${level}): ${text}`),
});
await using sandbox = firewall.createSandbox();

const useful = `
  import { last } from "shuffle";
  export default async function pick(mood) {
    const found = await host.search(mood);
    console.log("found", found.length);
    return { title: last(found), place: await host.enqueue(last(found)) };
  }`;
const { value } = await sandbox.run(useful, { arguments: ["i"] });
console.log("picked", value, "; the queue:", queue);

const misbehaving = {
  "reads the environment": "export default () => process.env.DISCORD_TOKEN",
  "never ends": "export default () => { for (;;) {} }",
  "eats memory": "export default () => { return new ArrayBuffer(1024 ** 3).byteLength; }",
  "lies to a grant": "export default () => host.enqueue({ title: 'rm -rf /' })",
};
for (const [what, code] of Object.entries(misbehaving)) {
  await sandbox.run(code).catch((error: unknown) => console.log(`${what}: ${describeError(error)}`));
}

// A look at the code tells a person what to ask about before it is installed. It keeps nothing in: what does is the sandbox.
for (const line of firewall.validateCode(
  'import fs from "node:fs"; eval("1"); export default () => fs.readFileSync("/etc/passwd")',
))
  console.log(`the look finds: ${line}`);

// After all that the next plugin finds everything as it should be.
console.log("still there:", (await sandbox.run("export default (a, b) => a + b", { arguments: [20, 22] })).value);
