import { AppError } from '@drawbridge/kernel';
import { formatProblem, type ConfigurationProblem } from './configuration.js';

/** The configuration cannot be used; the message lists every problem, one per line. */
export class ConfigurationError extends AppError<'configuration_invalid'> {
  constructor(readonly problems: readonly ConfigurationProblem[]) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    super(
      'configuration_invalid',
      [`configuration has ${count}:`, ...problems.map(formatProblem)].join('\n'),
    );
  }
}
