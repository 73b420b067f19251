import { AccessRequestView, type AccessStatus } from '@drawbridge/contracts';
import type { ApiClient } from '../api/api-client.js';
import { exitCodeOfStatus, type ExitCode } from '../exit-code.js';
import { neutralise } from '../output/neutralise.js';
import { newQuestions } from '../output/question-text.js';
import { statusText } from '../output/request-text.js';
import type { CommandContext } from './command-context.js';

const POLL_SECONDS = 30;
const OPEN: readonly AccessStatus[] = ['requested', 'pending', 'approved'];

/** Whether waiting goes on: the request can still be granted and is not yet. */
const isOpen = ({ status }: Pick<AccessRequestView, 'status'>): boolean => OPEN.includes(status);

export interface Following {
  readonly api: ApiClient;
  readonly view: AccessRequestView;
  /** How long to wait for a decision; absent: until there is one. */
  readonly seconds?: number | undefined;
}

/**
 * Follows a request until it is granted or can no longer be, or the time is over, telling each step.
 *
 * @returns the newest view, whose status says how it ended
 */
export async function followRequest(
  context: CommandContext,
  { api, view, seconds = Infinity }: Following,
): Promise<AccessRequestView> {
  const deadline = performance.now() + seconds * 1000;
  let known = view;
  if (isOpen(known)) context.note(statusText(known, context.now));
  while (isOpen(known)) {
    const leftSeconds = Math.ceil((deadline - performance.now()) / 1000);
    if (leftSeconds <= 0) break;
    const next = await readRequest(api, known, Math.min(POLL_SECONDS, leftSeconds));
    if (next.status !== known.status) context.note(statusText(next, context.now));
    for (const { by, text } of newQuestions(known.questions, next.questions)) {
      context.note(`${neutralise(by)} asks: ${neutralise(text)}`);
      context.note(`answer with: drawbridge answer ${next.id} "…"`);
    }
    known = next;
  }
  return known;
}

/** Reads a request, waiting at the server for a change when `waitSeconds` is given. */
export function readRequest(
  api: ApiClient,
  { id, revision }: { id: string; revision?: number },
  waitSeconds = 0,
): Promise<AccessRequestView> {
  return api.call({
    path: `/v1/access-requests/${encodeURIComponent(id)}`,
    query: waitSeconds === 0 ? {} : { wait: String(waitSeconds), after: String(revision ?? 0) },
    waitMs: waitSeconds * 1000,
    answer: AccessRequestView,
  });
}

/** The exit code after waiting for `view`. */
export const waitedFor = ({ status }: AccessRequestView): ExitCode => exitCodeOfStatus(status);
