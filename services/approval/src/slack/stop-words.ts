import type { StopTarget } from '@drawbridge/contracts';
import { ConnectionName } from '@drawbridge/contracts';
import type { RequestStory } from '../domain/request-story.js';
import { SlackRefused } from './slack-refused.js';

/**
 * What somebody means who types `all`, the name of a connection, or `agent <subject>`. An agent that something of is
 * going on is known by its subject alone; any other, and one of two with the same subject, as `<issuer>#<subject>`.
 *
 * @param goingOn - by which agents are known
 * @throws SlackRefused `slack_target_unclear`
 */
export function stopTargetOf(
  [what = '', agent = '']: readonly string[],
  goingOn: readonly RequestStory[],
): StopTarget {
  if (what === 'all') return 'all';
  if (what === 'agent') return { agent: agentOf(agent, goingOn) };
  if (ConnectionName.safeParse(what).success) return { connection: what };
  throw unclear('say "all", the name of a connection, or "agent" and its subject');
}

/** How many of the words name the target; what follows is the reason. */
export const targetLength = ([what]: readonly string[]): number => (what === 'agent' ? 2 : 1);

/** The bridges that are meant, for people. */
export function targetWords(target: StopTarget): string {
  if (target === 'all') return 'all bridges';
  if ('connection' in target) return `the bridges to ${target.connection}`;
  return `the bridges of agent ${target.agent.subject} of ${target.agent.issuer}`;
}

type Agent = Extract<StopTarget, { agent: unknown }>['agent'];

function agentOf(words: string, goingOn: readonly RequestStory[]): Agent {
  const at = words.lastIndexOf('#');
  const [issuer, subject] = [words.slice(0, Math.max(at, 0)), words.slice(at + 1)];
  if (subject === '') throw unclear('say which agent: its subject');
  if (URL.canParse(issuer)) return { issuer, subject };
  const issuers = new Set(
    goingOn
      .filter(({ requester }) => requester.subject === words)
      .map(({ requester }) => requester.issuer),
  );
  const [only, other] = [...issuers];
  if (only !== undefined && other === undefined) return { issuer: only, subject: words };
  const why = other === undefined ? 'has nothing open' : 'is the name of several';
  throw unclear(`"${words.slice(0, 100)}" ${why}: say it as <issuer>#<subject>`);
}

const unclear = (message: string): SlackRefused =>
  new SlackRefused('slack_target_unclear', message);
