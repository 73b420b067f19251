import { randomUUID } from 'node:crypto';
import { AccessRequestInput, AccessRequestView, Explanation } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { exitCode, type ExitCode } from '../exit-code.js';
import { parseDuration, parseStart } from '../input/duration.js';
import { parseLimits, type LimitOptions } from '../input/limit-arguments.js';
import { parseScope } from '../input/scope-arguments.js';
import { behalfToken } from '../login/behalf-token.js';
import { ownAgentKey } from '../profile/agent-key.js';
import { withWantedLogin } from '../login/with-wanted-login.js';
import { explanationText } from '../output/explanation-text.js';
import { requestText } from '../output/request-text.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';
import { followRequest, waitedFor } from './follow-request.js';

interface RequestOptions extends SharedOptions, LimitOptions {
  readonly connection: string;
  readonly action?: string;
  readonly param?: readonly string[];
  readonly namespace?: string;
  readonly rule?: readonly string[];
  readonly namespaceLabel?: readonly string[];
  readonly namePattern?: readonly string[];
  readonly duration: string;
  readonly reason: string;
  readonly ticket?: string;
  readonly runId?: string;
  readonly start?: string;
  readonly onBehalfOf?: string;
  readonly bindKey?: true;
  readonly breakGlass?: true;
  readonly explain?: true;
  readonly idempotencyKey?: string;
  readonly wait?: string | true;
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

/** `drawbridge request` */
export function registerRequest(registrar: Registrar): void {
  const command = registrar.program
    .command('request')
    .summary('ask for access')
    .description(
      'Asks for access: one action, or rules, on one connection, for a limited time. The narrowest request that does the job is decided the quickest.',
    )
    .argument('[target...]', 'kind/name, short for --param kind=name')
    .requiredOption('-c, --connection <name>', 'cluster, as Drawbridge names it')
    .option('-a, --action <name>', 'named scope, e.g. rollout-restart')
    .option('--param <name=value>', 'parameter of the action; may be repeated', collect)
    .option('-n, --namespace <name>', 'parameter "namespace" of the action, or of every --rule')
    .option(
      '--rule <rule>',
      'verbs=get,list,resources=pods,namespaces=payments[,apiGroups=apps][,names=x]; may be repeated',
      collect,
    )
    .option(
      '--namespace-label <key=value>',
      'instead of -n: all namespaces with this label; may be repeated',
      collect,
    )
    .option(
      '--name-pattern <pattern>',
      'names of what every --rule is about, e.g. "checkout-*"; may be repeated',
      collect,
    )
    .requiredOption('-d, --duration <time>', 'how long, e.g. 15m')
    .requiredOption('-r, --reason <text>', 'why; approvers read it')
    .option('-t, --ticket <id>', 'ticket or incident')
    .option('--max-calls <count>', 'grant that may be used for so many calls only, reads too')
    .option('--max-changes <count>', 'grant that may be used for so many changes only')
    .option('--one-shot', 'grant for one change, which ends behind it')
    .option('--idle <time>', 'grant that ends when it is not used for so long, e.g. 15m')
    .option('--bind-key', 'grant that nobody can use without the key of this profile')
    .option('--start <time>', 'when it should open: a time, or +2h; default: at once')
    .option(
      '--break-glass',
      'at once and without an approver, for the people whom a policy names: announced, recorded and reviewed',
    )
    .option(
      '--on-behalf-of <profile>',
      'human for whom you ask: a profile that they are logged in with, or @file with a token of theirs',
    )
    .option('--run-id <id>', 'run of the agent; "drawbridge run end" ends all that it asked for')
    .option('--explain', 'only say what would become of it; nothing is asked for')
    .option('--idempotency-key <key>', 'the same key makes the same request; default: a new one')
    .option('-w, --wait [time]', 'wait for the decision, at most this long')
    .addHelpText(
      'after',
      examples([
        'drawbridge request deployment/checkout -c prod-eks -a rollout-restart -n payments \\',
        '  -d 15m -r "readiness probe failing" -t INC-4211 --wait=10m',
        'drawbridge request -c prod-eks --rule verbs=get,list,resources=pods,pods/log -n payments \\',
        '  -d 10m -r "looking for the failing pod" -o json',
      ]),
    );
  sharedOptions(command).action(action(registrar, request));
}

async function request(context: CommandContext, command: Command): Promise<ExitCode> {
  const options = command.opts<RequestOptions>();
  const waitSeconds = parseWait(options.wait);
  const key = options.bindKey === true ? await ownAgentKey(context.paths) : undefined;
  const body = {
    ...inputOf(options, command.args, context.now),
    ...(key !== undefined && { keyThumbprint: key.thumbprint }),
  };
  const behalf = await headersFor(context, options);
  if (options.explain === true) {
    const api = await context.ingress();
    const path = '/v1/access-requests/explain';
    const told = await api.call({
      method: 'POST',
      path,
      body,
      headers: behalf,
      answer: Explanation,
    });
    context.show(told, () => explanationText(told));
    return told.verdict === 'validated' ? exitCode.ok : exitCode.denied;
  }
  const headers = { ...behalf, 'idempotency-key': options.idempotencyKey ?? randomUUID() };
  const path = '/v1/access-requests';
  const submit = async () =>
    (await context.ingress()).call({
      method: 'POST',
      path,
      body,
      headers,
      answer: AccessRequestView,
    });
  const made = await withWantedLogin(context, submit);
  if (options.wait === undefined) {
    show(context, made);
    context.note(`follow it with: drawbridge status ${made.id} --wait`);
    return exitCode.ok;
  }
  context.note(`access request ${made.id}`);
  const api = await context.ingress();
  const view = await followRequest(context, { api, view: made, seconds: waitSeconds });
  show(context, view);
  return waitedFor(view);
}

/** Says for whom it is asked, by their own token. */
async function headersFor(
  context: CommandContext,
  { onBehalfOf }: RequestOptions,
): Promise<Record<string, string>> {
  if (onBehalfOf === undefined) return {};
  const token = await behalfToken(context.terminal, onBehalfOf, await context.server());
  return { 'drawbridge-on-behalf-of': `Bearer ${token}` };
}

const show = (context: CommandContext, view: AccessRequestView): void =>
  context.show(view, () => requestText(view, context.now));

/** Seconds of `--wait`; `undefined` without a time. */
export const parseWait = (wait: string | true | undefined): number | undefined =>
  typeof wait === 'string' ? parseDuration(wait, '--wait') : undefined;

function inputOf(
  options: RequestOptions,
  targets: readonly string[],
  now: Date,
): AccessRequestInput {
  const limits = parseLimits(options);
  const input = AccessRequestInput.safeParse({
    connection: options.connection,
    scope: parseScope({
      param: [],
      rule: [],
      namespaceLabel: [],
      namePattern: [],
      ...options,
      targets,
    }),
    durationSeconds: parseDuration(options.duration, '--duration'),
    reason: options.reason,
    ...(options.ticket === undefined ? {} : { ticket: options.ticket }),
    ...(options.runId === undefined ? {} : { runId: options.runId }),
    ...(options.start === undefined ? {} : { startAt: parseStart(options.start, '--start', now) }),
    ...(limits === undefined ? {} : { limits }),
    ...(options.breakGlass === undefined ? {} : { breakGlass: options.breakGlass }),
  });
  if (input.success) return input.data;
  const problems = input.error.issues.map(
    ({ path, message }) => `${optionOf(String(path[0]))}: ${message}`,
  );
  throw new CliError('usage_invalid', problems.join('; '));
}

const optionNames: Readonly<Record<string, string>> = {
  durationSeconds: 'duration',
  scope: 'action',
  runId: 'run-id',
};

const optionOf = (field: string): string => `--${optionNames[field] ?? field}`;
