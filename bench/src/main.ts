import { runBench } from './run-bench.js';

process.exitCode = await runBench(process.argv.slice(2), {
  print: (text) => console.log(text),
  say: (line) => console.error(line),
});
