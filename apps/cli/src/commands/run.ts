import { z } from 'zod';
import { exitCode } from '../exit-code.js';
import { action, examples, sharedOptions, type Registrar } from './command-context.js';

const EndedRun = z.object({ ended: z.int() });

/** `drawbridge run end` */
export function registerRun(registrar: Registrar): void {
  const run = registrar.program
    .command('run')
    .summary('end what an agent asked for in one run')
    .description('Looks after the access of one run of an agent, named with "request --run-id".');
  const command = run
    .command('end')
    .summary('withdraw everything of one run')
    .description(
      'Withdraws every open access request of yours that was made with this run id. Grants end at once, their streams too.',
    )
    .argument('<id>', 'run, as given to "request --run-id"')
    .addHelpText('after', examples(['drawbridge run end nightly-4211']));
  sharedOptions(command).action(
    action(registrar, async (context, shown) => {
      const [id = ''] = shown.args;
      const api = await context.ingress();
      const view = await api.call({
        method: 'POST',
        path: `/v1/runs/${encodeURIComponent(id)}/end`,
        answer: EndedRun,
      });
      context.show(view, () => `ended: ${view.ended}\n`);
      return exitCode.ok;
    }),
  );
}
