import { runIngest } from './run-ingest.js';

// What it has started is ended when it exits, which the default action of these signals would skip.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => process.exit(code));
}

process.exitCode = await runIngest(process.argv.slice(2), {
  print: (text) => console.log(text),
  say: (line) => console.error(line),
});
