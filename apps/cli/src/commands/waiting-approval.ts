import { WaitingApprovals, type ApprovalView } from '@drawbridge/contracts';
import type { ApiClient } from '../api/api-client.js';
import { CliError } from '../cli-error.js';

/** As many as the API shows at once. */
const LIMIT = '100';

/**
 * One request of those that wait for the caller's decision.
 *
 * @throws CliError `usage_invalid` when it does not wait for them
 */
export async function waitingApproval(api: ApiClient, id: string): Promise<ApprovalView> {
  const { items } = await api.call({
    path: '/v1/approvals',
    query: { limit: LIMIT },
    answer: WaitingApprovals,
  });
  const found = items.find((view) => view.id === id);
  if (found !== undefined) return found;
  throw new CliError('usage_invalid', 'this access request does not wait for your decision', {
    advice: 'drawbridge approvals lists what does',
  });
}
