import type { CommandRecord } from '@drawbridge/contracts';
import type { Begun } from './agent-client.js';

/** Refusals that agents of the soak provoke; any other one is a fault. */
const provoked = new Set([
  'no_grant',
  'not_in_scope',
  'grant_expired',
  'grant_revoked',
  'grant_withdrawn',
  'token_request_refused',
  'token_expired',
  'too_many_calls',
  'too_many_requests',
]);

/** Codes that say that the gateway could not authenticate or bind: there must be none. */
const ofCredentials = new Set([
  'credential_unavailable',
  'upstream_credential_refused',
  'binding_unavailable',
]);

/** How many faults are told; more of them say no more. */
const MAX_FAULTS = 50;

/** All that agents have seen, to be compared with the record. */
export class Tally {
  readonly #forwarded = new Set<string>();
  readonly #refused = new Map<string, string>();
  readonly refusals: Record<string, number> = {};
  readonly faults: string[] = [];
  credentialFaults = 0;
  /** Calls that ended before the gateway had said a word: their ids are not known here. */
  broken = 0;
  ended = 0;
  slowestCutMs = 0;

  get calls(): number {
    return this.#forwarded.size + this.#refused.size;
  }

  get forwarded(): number {
    return this.#forwarded.size;
  }

  answer({ status, commandId, refusal }: Pick<Begun, 'status' | 'commandId' | 'refusal'>): void {
    if (commandId === '') this.fault(`an answer ${status} without a command id`);
    if (refusal === '') {
      this.#forwarded.add(commandId);
      if (status >= 400) this.fault(`the cluster answered ${status}`);
      return;
    }
    this.#refused.set(commandId, refusal);
    this.refusals[refusal] = (this.refusals[refusal] ?? 0) + 1;
    if (ofCredentials.has(refusal)) this.credentialFaults += 1;
    if (!provoked.has(refusal)) this.fault(`refused with ${refusal}`);
  }

  fault(what: string): void {
    if (this.faults.length < MAX_FAULTS) this.faults.push(what);
  }

  /**
   * Every forwarded call once with both halves, every refused one once, and nothing that no agent has seen.
   *
   * @param unrecorded - cheap refusals that the gateway says it has only counted
   */
  compare(records: readonly CommandRecord[], unrecorded: number): readonly string[] {
    const counted = count(records);
    const forwarded = [...this.#forwarded].filter((id) => shapeOf(counted.get(id)) !== 'whole');
    const shapes = [...this.#refused.keys()].map((id) => shapeOf(counted.get(id)));
    const missing = shapes.filter((shape) => shape === 'missing').length;
    const twice = shapes.filter((shape) => shape === 'wrong').length;
    const seen = (id: string) => this.#forwarded.has(id) || this.#refused.has(id);
    const unseen = [...counted.keys()].filter((id) => !seen(id)).length;
    const problems: readonly [boolean, string][] = [
      [forwarded.length > 0, `${forwarded.length} forwarded calls are not on it once`],
      [twice > 0, `${twice} refused calls are on it more than once`],
      [missing > unrecorded, `${missing} refusals are not on it`],
      [unseen > this.broken, `${unseen} commands on it that no agent has seen`],
    ];
    return problems.flatMap(([isProblem, what]) => (isProblem ? [what] : []));
  }
}

function count(records: readonly CommandRecord[]): ReadonlyMap<string, Counted> {
  const counted = new Map<string, Counted>();
  for (const { commandId, type } of records) {
    const of = counted.get(commandId) ?? none;
    counted.set(commandId, { ...of, [type]: of[type] + 1 });
  }
  return counted;
}

type Counted = Readonly<Record<CommandRecord['type'], number>>;

const none: Counted = { CommandStarted: 0, CommandEnded: 0, CommandRefused: 0 };

function shapeOf(counted: Counted | undefined): 'whole' | 'refused' | 'missing' | 'wrong' {
  if (counted === undefined) return 'missing';
  const { CommandStarted: started, CommandEnded: ended, CommandRefused: refused } = counted;
  if (started === 1 && ended === 1 && refused === 0) return 'whole';
  return started === 0 && ended === 0 && refused === 1 ? 'refused' : 'wrong';
}
