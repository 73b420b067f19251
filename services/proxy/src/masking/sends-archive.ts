import { fileTransfersOf, unfoldArgv } from '@drawbridge/guardrails';
import type { KubeRequest } from '../domain/kube-request.js';
import { execOf } from '../guard/call-under-guard.js';

const archivers = new Set(['tar', 'bsdtar']);

/** Whether what a command prints is an archive, as of `kubectl cp` from a pod: nobody reads it on a terminal. */
export function sendsArchive(kube: KubeRequest): boolean {
  if (kube.kind !== 'resource' || kube.subresource !== 'exec') return false;
  const { argv, tty } = execOf(kube);
  if (tty || argv.length === 0) return false;
  const unfolded = unfoldArgv(argv);
  const commands = unfolded.commands.filter(({ program }) => archivers.has(program));
  const transfers = fileTransfersOf({ ...unfolded, commands });
  return transfers.some(({ direction }) => direction === 'download');
}
