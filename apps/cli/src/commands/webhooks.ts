import { DeadLettersView, DeadLetterView } from '@drawbridge/contracts';
import { CliError } from '../cli-error.js';
import { exitCode } from '../exit-code.js';
import { deadLetterTable } from '../output/dead-letter-text.js';
import { neutralise } from '../output/neutralise.js';
import { action, examples, sharedOptions, type Registrar } from './command-context.js';

/** `drawbridge webhooks dead-letters` and `retry` */
export function registerWebhooks(registrar: Registrar): void {
  const webhooks = registrar.program
    .command('webhooks')
    .summary('messages that no receiver took')
    .description('Shows and sends again what the receiver of a webhook did not take for a day.');
  const inGroup = { ...registrar, program: webhooks };
  registerDeadLetters(inGroup);
  registerRetry(inGroup);
}

function registerDeadLetters(registrar: Registrar): void {
  const command = registrar.program
    .command('dead-letters')
    .summary('list what no receiver took for a day')
    .description('Lists the messages that were given up, the oldest first. For administrators.')
    .option('--limit <n>', 'how many at most, up to 100', '50');
  sharedOptions(command).action(
    action(registrar, async (context, shown) => {
      const { limit } = shown.opts<{ readonly limit: string }>();
      const api = await context.part('approvals');
      const path = '/v1/webhooks/dead-letters';
      const letters = await api.call({ path, query: { limit }, answer: DeadLettersView });
      context.show(letters, () => deadLetterTable(letters));
      return exitCode.ok;
    }),
  );
}

function registerRetry(registrar: Registrar): void {
  const command = registrar.program
    .command('retry <sequence>')
    .summary('send one of them again')
    .description(
      'Sends a message again that was given up, under the same id; it is gone from the list when its receiver takes it. For administrators.',
    )
    .addHelpText('after', examples(['drawbridge webhooks retry 4711']));
  sharedOptions(command).action(
    action(registrar, async (context, shown) => {
      const [sequence = ''] = shown.args;
      if (!/^[1-9]\d*$/.test(sequence)) {
        throw new CliError('usage_invalid', 'expected the number of a dead letter');
      }
      const api = await context.part('approvals');
      const path = `/v1/webhooks/dead-letters/${sequence}/retry`;
      const sent = await api.call({ method: 'POST', path, answer: DeadLetterView });
      context.show(sent, () => `${neutralise(sent.webhook)} took ${sequence}\n`);
      return exitCode.ok;
    }),
  );
}
