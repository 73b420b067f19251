import { callName, Rerun, type Bundle, type RerunCall } from '@drawbridge/replay';
import type { OpenTarget } from './open-target.js';

/** What became of a session that was made again. */
export interface RerunReport {
  /** Of the grant, or of the access request. */
  readonly session: string;
  readonly where: string;
  /** Files of the bundle that are not as its manifest says. */
  readonly altered: readonly string[];
  readonly totals: Readonly<Record<RerunCall['result'], number>>;
  readonly calls: readonly (RerunCall & { readonly words: string })[];
}

/** @throws CliError `rerun_cluster_failed` */
export async function reportOf(
  { manifest, altered, calls }: Bundle,
  { target, where }: OpenTarget,
): Promise<RerunReport> {
  const words = new Map(calls.map(({ command }) => [command.id, callName(command)]));
  const made: (RerunCall & { readonly words: string })[] = [];
  for await (const call of new Rerun(calls, target).run()) {
    made.push({ ...call, words: words.get(call.commandId) ?? '' });
  }
  const count = (result: RerunCall['result']) =>
    made.filter((call) => call.result === result).length;
  return {
    ...{ session: manifest.grantId ?? manifest.accessRequestId, where, altered },
    totals: { same: count('same'), different: count('different'), skipped: count('skipped') },
    calls: made,
  };
}
