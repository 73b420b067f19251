import { unfillableStep, type People } from '@drawbridge/people';
import { asSteps, type Parties } from '@drawbridge/scope';
import type { ApprovalRequirement } from '@drawbridge/contracts';
import type { Circumstances } from './circumstances.js';
import { quoteAny, type Denial } from './denial.js';

/** People as they are now; only where documents tell who they are. */
export interface Known extends Circumstances {
  readonly people: People;
}

/** Why nobody could ever approve: said at once, instead of letting the requester wait for it. */
export function whyNobodyApproves(
  { name, approval }: { readonly name: string; readonly approval: ApprovalRequirement },
  parties: Parties,
  known: Known,
): Denial | undefined {
  if (approval.type === 'none') return undefined;
  const requirement = approval.type === 'steps' ? approval : asSteps(approval);
  const found = unfillableStep({ requirement, parties, ...known });
  if (found === undefined) return undefined;
  const { step, groups, eligible } = found;
  const where = approval.type === 'steps' ? `step "${step.name}" of policy` : 'policy';
  return {
    code: 'no_eligible_approver',
    message: `${where} "${name}" wants ${humans(step.count)} of ${quoteAny(groups)}; ${
      eligible < step.count
        ? `${eligible === 0 ? 'nobody' : `only ${humans(eligible)}`} in there may approve your requests`
        : 'whoever is in there is needed for other steps'
    }`,
    suggestion: 'Tell the people who run Drawbridge; more people have to be in this group.',
  };
}

const humans = (count: number): string => (count === 1 ? '1 human' : `${count} humans`);
