import type { HoldEffect } from '@drawbridge/contracts';
import { clusterRefusal } from '../guard/cluster-refusal.js';
import type { Guarded } from '../chain/guard-call.js';
import type { ResourceRequest } from '../domain/kube-request.js';
import type { AskCluster, ClusterAnswer } from './cluster-question.js';
import { dryRunOf } from './dry-run.js';
import { maskedJson, type EffectMasker } from './masked-json.js';
import { objectDiff } from './object-diff.js';
import type { SeenObject } from './seen-object.js';
import { honoursDryRun } from './served-here.js';
import { touchesOf } from './touches.js';

const MAX_LINES = 50;
const MAX_LINE = 1_800;

export interface EffectInput {
  readonly call: Guarded;
  readonly seen: SeenObject;
  /** What the agent did before, newest first. */
  readonly soFar: readonly string[];
}

export interface EffectParts {
  readonly ask: AskCluster;
  readonly masker: EffectMasker;
}

/**
 * What a call would do, for humans: masked, and as the cluster says.
 *
 * @throws `ClusterRefused` when the cluster would refuse the call anyway: then nobody needs to be asked
 */
export async function effectOf(
  { ask, masker }: EffectParts,
  { call, seen, soFar }: EffectInput,
): Promise<HoldEffect> {
  const past = lined(soFar, masker);
  const { kube } = call;
  if (kube.kind === 'nonResource') {
    return { noDiff: 'this path is no resource', touches: [], warnings: [], soFar: past };
  }
  const object = decoded(seen.answer);
  const [change, touches] = await Promise.all([
    changeOf({ ask, masker }, { call, kube, seen }),
    touchesOf(ask, kube, object),
  ]);
  const { warnings = [], ...rest } = change;
  return {
    ...rest,
    touches: lined(touches, masker),
    warnings: lined(warnings, masker),
    soFar: past,
  };
}

type Change = Pick<HoldEffect, 'diff' | 'noDiff'> & { readonly warnings?: readonly string[] };

interface Changing {
  readonly call: Guarded;
  readonly kube: ResourceRequest;
  readonly seen: SeenObject;
}

async function changeOf(parts: EffectParts, { call, kube, seen }: Changing): Promise<Change> {
  const { request, body } = call;
  const question = dryRunOf({
    kube,
    userAgent: request.headers.value('user-agent'),
    contentType: request.headers.value('content-type') ?? '',
    body: body.kind === 'held' ? body.bytes : undefined,
  });
  if (typeof question === 'string') return { noDiff: question };
  if (!(await honoursDryRun(parts.ask, kube))) {
    return { noDiff: 'an extension of the cluster serves this, and might not stop at a dry-run' };
  }
  const answer = await parts.ask(question);
  if (answer.statusCode >= 400) throw clusterRefusal(call, answer);
  const warnings = answer.warnings.map(warningText);
  return { diff: diffOf(parts.masker, { call, kube, seen }, answer), warnings };
}

function diffOf(masker: EffectMasker, { kube, seen }: Changing, answer: ClusterAnswer): string[] {
  const before = seen.answer === undefined ? undefined : maskedJson(masker, kube, seen.answer);
  // Of an eviction and the like the answer is no object: what goes is the pod.
  const isGone = kube.verb === 'delete' || kube.subresource === 'eviction';
  const after = isGone ? undefined : maskedJson(masker, kube, answer);
  const isWhole = kube.subresource !== 'scale' && kube.subresource !== 'approval';
  return objectDiff({
    before: isWhole ? before : undefined,
    after,
    withStatus: kube.subresource === 'status',
  });
}

const decoded = (answer: ClusterAnswer | undefined): unknown =>
  answer === undefined ? undefined : JSON.parse(answer.body.toString('utf8'));

/** `299 - "text"` */
const warningText = (warning: string): string =>
  /^\d{3} \S+ "(.*)"$/.exec(warning)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? warning;

const lined = (lines: readonly string[], masker: EffectMasker): string[] =>
  lines.slice(0, MAX_LINES).map((line) => masker.line(line).slice(0, MAX_LINE));
