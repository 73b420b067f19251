import { createHash } from 'node:crypto';
import type { CallIdentity } from '../credential.js';

/** What AWS is told of a session: it stands in CloudTrail, and conditions of trust policies may demand it. */
export interface SessionNames {
  /** Names agent and grant; CloudTrail and the cluster's own audit log show it. */
  readonly sessionName: string;
  /** The agent, over every role that is assumed further on. */
  readonly sourceIdentity: string;
  readonly tags: Readonly<Record<string, string>>;
}

type Identity = Pick<CallIdentity, 'agent' | 'grantId' | 'accessRequestId'>;

const MAX_NAME = 64;
const MAX_TAG = 256;
/** Of session names and source identities. */
const notForNames = /[^\w+=,.@-]/g;
/** Of tag values, within ASCII: letters of other scripts that look the same would be other values. */
const notForTags = /[^\w.:/=+@ -]/g;
/** How a name ends that could not be taken as it is; one that ends so by itself is not taken as it is either. */
const digestEnd = /\.[0-9a-f]{16}$/;

/** The names of the gateway's own session, with which it looks up clusters. */
export const gatewayNames = (connection: string): SessionNames => ({
  sessionName: 'drawbridge-gateway',
  sourceIdentity: 'drawbridge-gateway',
  tags: { 'drawbridge-connection': connection },
});

/**
 * Names a session after its agent and grant. Whatever the agent calls itself, the result is within AWS's rules
 * and no two agents get the same source identity or the same tags.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export function sessionNames(
  { agent, grantId, accessRequestId }: Identity,
  connection: string,
): SessionNames {
  const { issuer, subject } = agent;
  const grant = within(grantId, { max: 36, not: notForNames });
  const who = digested(`${issuer}\n${subject}`, subject, { max: MAX_NAME, not: notForNames });
  const name = within(subject, { max: MAX_NAME - 1 - grant.length, not: notForNames });
  return {
    sessionName: `${name}@${grant}`,
    sourceIdentity: who,
    tags: {
      'drawbridge-agent': within(subject, { max: MAX_TAG, not: notForTags }),
      'drawbridge-issuer': within(issuer, { max: MAX_TAG, not: notForTags }),
      'drawbridge-grant': within(grantId, { max: MAX_TAG, not: notForTags }),
      'drawbridge-access-request': within(accessRequestId, { max: MAX_TAG, not: notForTags }),
      'drawbridge-connection': connection,
    },
  };
}

interface Limits {
  readonly max: number;
  readonly not: RegExp;
}

/** The text itself when it may stand, otherwise what may stand of it and a digest of all of it. */
function within(text: string, { max, not }: Limits): string {
  const plain = text.replaceAll(not, '-');
  if (plain === text && text.length <= max && text.trim() === text && !digestEnd.test(text)) {
    return text;
  }
  return digested(text, text, { max, not });
}

function digested(of: string, shown: string, { max, not }: Limits): string {
  const digest = createHash('sha256').update(of).digest('hex').slice(0, 16);
  const plain = shown.replaceAll(not, '-').trim();
  return `${plain.slice(0, max - 17)}.${digest}`;
}
