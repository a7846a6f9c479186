// The first file that runs on a stranger's machine, on whatever Node is there. It holds only what every Node since 12 can
// parse, so that an old one gets a sentence and not a syntax error; everything else is in main.mjs.
const OLDEST_NODE = 18;

if (Number(process.versions.node.split(".")[0]) < OLDEST_NODE) {
  console.error(
    "Antiphon needs Node " +
      OLDEST_NODE +
      " or newer to start; this is " +
      process.version +
      ". Install a current Node and run again.",
  );
  process.exitCode = 1;
} else {
  void import("./main.mjs").then((bootstrap) => bootstrap.main(process.argv.slice(2)));
}
