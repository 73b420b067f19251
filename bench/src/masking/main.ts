import { runMasking } from './run-masking.js';

process.exitCode = runMasking(process.argv.slice(2), {
  print: (text) => console.log(text),
  say: (line) => console.error(line),
});
