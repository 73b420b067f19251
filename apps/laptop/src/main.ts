import { AppError } from '@drawbridge/kernel';
import { Command, Option } from 'commander';
import { runDemo, type DemoOptions } from './demo.js';

/** `drawbridge demo` and `drawbridge up`: started by the launcher at the root of the checkout. */
const program = new Command('drawbridge').description(
  'The whole of Drawbridge on this machine, with stand-ins for everything it talks to.',
);
const kubeconfig = new Option(
  '--kubeconfig <file>',
  'put the gateway in front of the cluster of this kubeconfig instead of the sandbox cluster',
);

program
  .command('demo')
  .description('play the on-call story with real commands, then stay for you to try')
  .option('--once', 'end after the story; the exit code says whether it went as told', false)
  .addOption(kubeconfig)
  .action((options: DemoOptions) => run({ ...options, story: true }));

program
  .command('up')
  .description(
    'start everything and stay, without the story; keeps what happened for the next time',
  )
  .addOption(kubeconfig)
  .action((options: DemoOptions) => run({ ...options, once: false, story: false }));

async function run(options: DemoOptions & { readonly story: boolean }): Promise<void> {
  try {
    await runDemo(options, process);
  } catch (error) {
    const code = error instanceof AppError ? ` (${error.code})` : '';
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}${code}\n`);
    process.exitCode = 1;
  }
}

await program.parseAsync();
