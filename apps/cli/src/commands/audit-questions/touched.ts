import { TouchedRow } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { CliError } from '../../cli-error.js';
import { touchedTable } from '../../output/record-answer-text.js';
import { callOfWords } from '../../policy/kubectl-words.js';
import { examples, type Registrar } from '../command-context.js';
import { readAnswer, type Query, type Subject } from './answer.js';
import { chosen, end, pick, questionOptions } from './question-options.js';

const subject: Subject<TouchedRow> = {
  path: 'touched',
  row: TouchedRow,
  table: touchedTable,
  next: 'a grant as a story: drawbridge audit session <grant>',
};

/** `drawbridge audit touched` */
export function registerTouched(registrar: Registrar, group: Command): void {
  const command = questionOptions(
    group
      .command('touched')
      .argument('<object...>', 'deployment/checkout, or pods/exec checkout-1')
      .summary('who touched an object')
      .description(
        'Tells which agents touched an object, by which grants. Creates do not name their object: those in its namespace are listed as calls on the collection.',
      ),
  )
    .option('-n, --namespace <name>', 'default: whatever is called so, in any namespace or in none')
    .addHelpText(
      'after',
      examples([
        'drawbridge audit touched deployment/checkout -n payments',
        'drawbridge audit touched namespace/payments',
        'drawbridge audit touched secret/db -n payments --since 30d -o csv',
      ]),
    );
  end(registrar, command, (context, { args }) =>
    readAnswer(context, subject, {
      query: { ...objectOf(args), ...pick(command, ['namespace', ...chosen]) },
      options: command.opts(),
    }),
  );
}

/** @throws CliError `usage_invalid` */
function objectOf(words: readonly string[]): Query {
  const { resource, subresource, apiGroup, name } = callOfWords(['get', ...words]);
  if (resource === undefined || name === undefined) {
    const message = `expected an object such as deployment/checkout, not "${words.join(' ')}"`;
    throw new CliError('usage_invalid', message);
  }
  return {
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    name,
    group: apiGroup === '' ? 'core' : apiGroup,
  };
}
