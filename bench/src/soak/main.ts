import { runSoak } from './run-soak.js';

process.exitCode = await runSoak(process.argv.slice(2), {
  print: (text) => console.log(text),
  say: (line) => console.error(line),
});
