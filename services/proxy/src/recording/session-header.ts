import type { SessionHeader, SessionKind } from '@drawbridge/contracts';
import type { Tracked } from '../chain/track-live.js';
import { execOf } from '../guard/call-under-guard.js';

/** What a header takes of an argument vector. */
const MAX_WORDS = 64;
const MAX_CHARACTERS = 4_096;

/** What the recording of a call says of it, as its record does: with nothing in it that is masked. */
export function sessionHeader({ kube, channel, facts, connection }: Tracked): SessionHeader {
  if (kube.kind !== 'resource') return { version: 1, tty: false, stdin: false, kind: 'watch' };
  const target = facts.words?.(connection).target(kube.target) ?? '';
  const { argv, container, tty, stdin } = execOf({ ...kube, target });
  const opens = channel !== undefined;
  return {
    version: 1,
    ...(kube.subresource === 'exec' && { argv: cut(argv) }),
    tty: opens && tty,
    stdin: opens && stdin,
    ...(container !== '' && { container: container.slice(0, MAX_CHARACTERS) }),
    kind: kindOf(kube.subresource),
  };
}

function kindOf(subresource: string): SessionKind {
  if (subresource === 'exec' || subresource === 'attach') return subresource;
  if (subresource === 'portforward') return 'port-forward';
  return subresource === 'log' ? 'log' : 'watch';
}

function cut(words: readonly string[]): string[] {
  let left = MAX_CHARACTERS;
  return words.slice(0, MAX_WORDS).map((word) => {
    const kept = word.slice(0, left);
    left -= kept.length;
    return kept;
  });
}
