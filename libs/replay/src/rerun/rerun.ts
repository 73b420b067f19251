import { isObject, objectAt, parseJson, textAt, type JsonObject } from '../json.js';
import { isChange, isDryRun } from '../story/is-dry-run.js';
import { compareAnswers, type Difference } from './compare-answers.js';
import { filledIn } from './filled-in.js';
import { madeCall } from './made-call.js';
import { isSame, mergeChange } from './merge-change.js';
import {
  isSuccess,
  keyOf,
  objectOf,
  refOf,
  type ObjectRef,
  type RecordedCall,
} from './recorded-call.js';
import { RecordedWorld, type WorldChange } from './recorded-world.js';
import { resourceKey, seenResources, type SeenResource } from './seen-resources.js';
import { skipReason, type SkipReason } from './skip-reason.js';
import type { MadeAnswer, RerunTarget, SeededWorld } from './target.js';
import { Tokens } from './tokens.js';

/** What became of one call. */
export interface RerunCall {
  readonly commandId: string;
  readonly result: 'same' | 'different' | 'skipped';
  /** Of what was skipped. */
  readonly reason?: SkipReason;
  /** Status then and now. */
  readonly recordedStatus?: number;
  readonly status?: number;
  readonly differences: readonly Difference[];
  /** What others had done since the call before, as the record shows: done to the sandbox too. */
  readonly changedByOthers: number;
  /** A write of a custom resource whose schema the record does not have: what the cluster filled in does not count. */
  readonly isSchemaUnknown?: true;
}

/** Makes the calls of a session again, in their order, one after the other. */
export class Rerun {
  readonly #tokens = new Tokens();
  readonly #recorded: RecordedWorld;
  /** Only where it is made again in a sandbox. */
  readonly #custom: ReadonlyMap<string, SeenResource>;

  /** @param calls - of one session, the oldest first */
  constructor(
    private readonly calls: readonly RecordedCall[],
    private readonly target: RerunTarget,
  ) {
    this.#recorded = new RecordedWorld(calls);
    const seen = target.world === undefined ? [] : seenResources(calls);
    this.#custom = new Map(seen.map((resource) => [resourceKey(resource), resource]));
  }

  /** @throws whatever the target throws when it cannot be reached */
  async *run(): AsyncGenerator<RerunCall> {
    this.#prepareNamespaces();
    for (const call of this.calls) yield await this.#again(call);
  }

  async #again(call: RecordedCall): Promise<RerunCall> {
    const { command } = call;
    const skipped = skipReason(call);
    // What never reached the cluster says nothing of it.
    const changedByOthers = skipped === 'refused' ? 0 : this.#apply(this.#recorded.before(call));
    const reason = skipped ?? this.#unknown(call);
    const facts = { commandId: command.id, changedByOthers };
    const status = command.statusCode === undefined ? {} : { recordedStatus: command.statusCode };
    if (reason !== undefined) {
      // It is not made again, but what it did is there for what comes after it.
      if (reason !== 'refused') this.#apply(this.#recorded.after(call));
      return { ...facts, ...status, result: 'skipped', reason, differences: [] };
    }
    const answer = await this.target.call(madeCall(call, this.#tokens));
    const differences = this.#compare(call, answer);
    this.#recorded.after(call);
    const result = differences.length === 0 ? 'same' : 'different';
    if (result === 'same' && this.#isFilledIn(call)) this.#fillIn(call);
    const unknown = this.#isFilledIn(call) ? ({ isSchemaUnknown: true } as const) : {};
    return { ...facts, ...status, status: answer.status, result, differences, ...unknown };
  }

  /** What the record does not say, but where it is made again. */
  #unknown({ command }: RecordedCall): SkipReason | undefined {
    const { world, isReadOnly = false } = this.target;
    // By its method: a file may say another verb of it.
    if (isReadOnly && !reading.has(command.method)) return 'not_confirmed';
    if (world === undefined) return undefined;
    const ref = refOf(command);
    if (!world.serves(ref)) return 'resource_unknown';
    return command.name === '' || this.#recorded.has(ref) ? undefined : whyUnknown(command);
  }

  #compare({ command, bodies }: RecordedCall, answer: MadeAnswer): readonly Difference[] {
    const now = parseJson(answer.body);
    const recorded = objectOf(bodies.response);
    this.#tokens.pair(recorded, now);
    if (command.statusCode !== answer.status) {
      return [
        {
          path: 'status',
          ...(command.statusCode === undefined ? {} : { recorded: String(command.statusCode) }),
          now: isObject(now) ? `${answer.status} ${messageOf(now)}`.trim() : String(answer.status),
        },
      ];
    }
    if (recorded === undefined) return [];
    if (!isObject(now)) return [{ path: '', recorded: 'a JSON object', now: 'something else' }];
    const ref = refOf(command);
    const filled = this.#isFilledIn({ command, bodies })
      ? filledIn(now, recorded, objectOf(bodies.before))
      : now;
    return compareAnswers({
      ...{ recorded, now: objectAt(filled) },
      // Which columns a custom resource has only its definition says.
      rowsByName: this.#custom.has(resourceKey(ref)),
      isWhole: (namespace, name) => !this.#recorded.isNamedOnly({ ...ref, namespace, name }),
    });
  }

  /** Whether a call may have made the cluster fill in what only it knows. */
  #isFilledIn({ command }: RecordedCall): boolean {
    const custom = this.#custom.get(resourceKey(refOf(command)));
    const isWhole = command.subresource === '' || command.subresource === 'status';
    const isWrite = ['create', 'update', 'patch'].includes(command.verb) && isSuccess(command);
    return custom !== undefined && custom.schema === undefined && isWhole && isWrite;
  }

  /** Does to the sandbox what the cluster had put into an object by itself. */
  #fillIn(call: RecordedCall): void {
    const { world } = this.target;
    const recorded = objectOf(call.bodies.response);
    if (world === undefined || recorded === undefined || isDryRun(call.command)) return;
    const ref = { ...refOf(call.command), name: textAt(recorded, 'metadata', 'name') };
    const current = world.read(ref);
    const next = filledIn(current, recorded, objectOf(call.bodies.before));
    if (current === undefined || !isObject(next)) return;
    if (!isSame(content(next), content(current)))
      this.#tokens.pair(recorded, world.place(ref, next));
  }

  /** @returns how many objects were not as the record shows them */
  #apply(changes: readonly WorldChange[]): number {
    const { world } = this.target;
    if (world === undefined) return 0;
    return changes.filter((change) => this.#applyOne(world, change)).length;
  }

  #applyOne(world: SeededWorld, { ref, old, now }: WorldChange): boolean {
    if (!world.serves(ref)) return false;
    const current = world.read(ref);
    if (now === undefined) {
      if (current !== undefined) world.discard(ref);
      return current !== undefined;
    }
    // What the session should have made, and did not this time, others do not make for it.
    if (old !== undefined && current === undefined) return false;
    const next = old === undefined || current === undefined ? now : mergeChange(old, now, current);
    const isChanged = current === undefined || !isSame(content(next), content(current));
    this.#tokens.pair(now, isChanged ? world.place(ref, next) : current);
    return isChanged;
  }

  /** Every namespace that calls were in was there, but for those that the session made or did not find. */
  #prepareNamespaces(): void {
    const { world } = this.target;
    if (world === undefined) return;
    const absent = new Set(this.calls.flatMap(namespacesNotThere).map(keyOf));
    for (const ref of this.calls.flatMap(({ command }) => namespaceRef(command.namespace))) {
      if (!absent.has(keyOf(ref)) && world.read(ref) === undefined) {
        world.place(ref, namespaceNamed(ref.name));
      }
    }
  }
}

const reading = new Set(['GET', 'HEAD']);

/** Of a call on an object that the record has not shown. */
function whyUnknown(command: RecordedCall['command']): SkipReason | undefined {
  if (!isSuccess(command)) return undefined;
  if (command.subresource !== '') return 'object_unknown';
  return makesIt(command) || !isChange(command) ? undefined : 'before_not_recorded';
}

/** An update or an apply makes what is not there. */
const makesIt = ({ verb, statusCode }: RecordedCall['command']): boolean =>
  verb === 'create' || statusCode === 201;

const content = (object: JsonObject): JsonObject => ({
  ...object,
  metadata: {
    ...objectAt(object, 'metadata'),
    ...{ resourceVersion: '', managedFields: '', generation: '' },
  },
});

const messageOf = (status: JsonObject): string => textAt(status, 'message').slice(0, 300);

const namespaceRef = (name: string): readonly ObjectRef[] =>
  name === '' ? [] : [{ group: '', version: 'v1', resource: 'namespaces', namespace: '', name }];

function namespacesNotThere({ command, bodies }: RecordedCall): readonly ObjectRef[] {
  const missing = textAt(objectOf(bodies.response), 'details', 'kind') === 'namespaces';
  if (command.statusCode === 404 && missing) return namespaceRef(command.namespace);
  const isMaking = command.resource === 'namespaces' && command.verb === 'create';
  return isMaking && isSuccess(command)
    ? namespaceRef(textAt(objectOf(bodies.request), 'metadata', 'name'))
    : [];
}

const namespaceNamed = (name: string): JsonObject => ({
  metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
  spec: { finalizers: ['kubernetes'] },
  status: { phase: 'Active' },
});
