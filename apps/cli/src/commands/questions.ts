import { randomUUID } from 'node:crypto';
import { AccessRequestView, ApprovalView, type QuestionView } from '@drawbridge/contracts';
import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { exitCode, type ExitCode } from '../exit-code.js';
import { approvalText } from '../output/approval-text.js';
import { requestText } from '../output/request-text.js';
import {
  action,
  examples,
  sharedOptions,
  type CommandContext,
  type Registrar,
  type SharedOptions,
} from './command-context.js';
import { readRequest } from './follow-request.js';

/** `drawbridge ask` */
export function registerAsk(registrar: Registrar): void {
  const command = registrar.program
    .command('ask')
    .summary('ask the requester something before you decide')
    .description(
      'Asks the requester of a waiting access request something. The agent hears of it at once; whoever may deny the request may ask.',
    )
    .argument('<id>', 'access request, as "drawbridge approvals" lists it')
    .argument('<text...>', 'the question, in one line')
    .addHelpText('after', examples(['drawbridge ask <id> "is payments down, or checkout alone?"']));
  sharedOptions(command).action(action(registrar, ask));
}

async function ask(context: CommandContext, command: Command): Promise<ExitCode> {
  const [id = '', ...words] = command.args;
  const api = await context.part('approvals');
  const view = await api.call({
    method: 'POST',
    path: `/v1/access-requests/${encodeURIComponent(id)}/questions`,
    // The call may be repeated when the network fails; it is one question.
    body: { text: words.join(' '), questionId: randomUUID() },
    answer: ApprovalView,
  });
  context.show(view, () => approvalText(view, context.now));
  return exitCode.ok;
}

/** `drawbridge answer` */
export function registerAnswer(registrar: Registrar): void {
  const command = registrar.program
    .command('answer')
    .summary('answer what an approver asked')
    .description('Answers a question about your access request. Approvers read the answer.')
    .argument('<id>', 'access request')
    .argument('<text...>', 'the answer, in one line')
    .option('--question <id>', 'which one; default: the first that has no answer')
    .addHelpText('after', examples(['drawbridge answer <id> "checkout alone"']));
  sharedOptions(command).action(action(registrar, answer));
}

interface AnswerOptions extends SharedOptions {
  readonly question?: string;
}

async function answer(context: CommandContext, command: Command): Promise<ExitCode> {
  const [id = '', ...words] = command.args;
  const { question } = command.opts<AnswerOptions>();
  const api = await context.ingress();
  const questionId = question ?? firstOpen(await readRequest(api, { id })).id;
  const view = await api.call({
    method: 'POST',
    path: `/v1/access-requests/${encodeURIComponent(id)}/answers`,
    body: { questionId, text: words.join(' ') },
    answer: AccessRequestView,
  });
  context.show(view, () => requestText(view, context.now));
  return exitCode.ok;
}

function firstOpen({ questions = [] }: AccessRequestView): QuestionView {
  const open = questions.find((asked) => asked.answer === undefined);
  if (open !== undefined) return open;
  throw new CliError('usage_invalid', 'no question about this access request waits for an answer', {
    advice: 'drawbridge status <id> shows what was asked',
  });
}
