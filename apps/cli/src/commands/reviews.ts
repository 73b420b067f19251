import {
  OpenReviewsView,
  ReviewVerdict,
  ReviewView,
  type CompleteReviewInput,
} from '@drawbridge/contracts';
import { CliError } from '../cli-error.js';
import { exitCode } from '../exit-code.js';
import { reviewTable, reviewText } from '../output/review-text.js';
import {
  action,
  examples,
  sharedOptions,
  type Registrar,
  type SharedOptions,
} from './command-context.js';

interface ReviewsOptions extends SharedOptions {
  readonly limit: string;
}

interface CompleteOptions extends SharedOptions {
  readonly verdict: string;
  readonly note: string;
}

/** `drawbridge reviews list` and `complete` */
export function registerReviews(registrar: Registrar): void {
  const reviews = registrar.program
    .command('reviews')
    .summary('review what was done without an approver')
    .description(
      'Somebody broke the glass: they had access that nobody approved. Here you say afterwards whether it was justified. For the review groups of the policy.',
    );
  const inGroup = { ...registrar, program: reviews };
  registerList(inGroup);
  registerComplete(inGroup);
}

function registerList(registrar: Registrar): void {
  const command = registrar.program
    .command('list', { isDefault: true })
    .summary('list the reviews that wait for you')
    .description('Lists the open reviews that you may complete, the oldest in front.')
    .option('--limit <count>', 'how many, at most 100', '50');
  sharedOptions(command).action(
    action(registrar, async (context, shown) => {
      const { limit } = shown.opts<ReviewsOptions>();
      const api = await context.part('approvals');
      const open = await api.call({
        path: '/v1/reviews',
        query: { limit },
        answer: OpenReviewsView,
      });
      context.show(open, () => reviewTable(open, context.now));
      return exitCode.ok;
    }),
  );
}

function registerComplete(registrar: Registrar): void {
  const command = registrar.program
    .command('complete')
    .summary('say whether it was justified')
    .description(
      'Completes a review with your own login. You must be in one of its groups, and have no part in it yourself.',
    )
    .argument('<id>', 'access request, as "drawbridge reviews list" shows it')
    .requiredOption('--verdict <verdict>', 'justified or not-justified')
    .requiredOption('--note <text>', 'why; whoever did it reads it')
    .addHelpText(
      'after',
      examples([
        'drawbridge audit commands --grant <grant>',
        'drawbridge reviews complete <id> --verdict justified --note "INC-4211, pager was late"',
      ]),
    );
  sharedOptions(command).action(
    action(registrar, async (context, shown) => {
      const options = shown.opts<CompleteOptions>();
      const [id = ''] = shown.args;
      const body: CompleteReviewInput = { verdict: verdictOf(options), note: options.note };
      const api = await context.part('approvals');
      const path = `/v1/reviews/${encodeURIComponent(id)}/complete`;
      const view = await api.call({ method: 'POST', path, body, answer: ReviewView });
      context.show(view, () => reviewText(view, context.now));
      return exitCode.ok;
    }),
  );
}

function verdictOf({ verdict }: CompleteOptions): ReviewVerdict {
  const known = ReviewVerdict.safeParse(verdict.replace('-', '_'));
  if (known.success) return known.data;
  throw new CliError('usage_invalid', '--verdict: expected justified or not-justified');
}
