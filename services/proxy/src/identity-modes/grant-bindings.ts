import type { LoggerService } from '@nestjs/common';
import type { CallRefused } from '../domain/call-refused.js';
import type { OpenGrant } from '../domain/open-grants.js';
import { BindingConflict, bindScope, unbindScope } from './bind-scope.js';
import { bindingUnavailable } from './binding-refused.js';
import {
  boundScopes,
  isSame,
  type BoundObject,
  type BoundOwner,
  type BoundScope,
  type StoredObject,
} from './bound-object.js';
import type { ClusterRbac } from './cluster-rbac.js';
import { pause } from './pause.js';
import { Slots } from './slots.js';

/** How long a call waits for its binding; the work goes on behind it. */
const WAIT_MS = 8_000;
/** What failed is not tried again sooner, however many calls ask for it. */
const FAILED_MS = 1_000;
/** How often a namespace that did not exist is looked for again, when calls come. */
const MISSING_MS = 2_000;
const MAX_BACK_OFF_MS = 30_000;
/** Grants that are bound or unbound at the same time, so that a burst leaves the cluster room to answer. */
const AT_ONCE = 16;
/** A grant with more namespaces would be more objects than anybody can follow. */
const MAX_SCOPES = 100;

export interface GrantBindingsOptions {
  readonly owner: BoundOwner;
  readonly rbac: () => Promise<ClusterRbac>;
  readonly isOpen: (grant: OpenGrant) => boolean;
  readonly logger: LoggerService;
}

interface Entry {
  readonly grant: OpenGrant;
  readonly scopes: readonly BoundScope[];
  state: 'unbound' | 'bound' | 'ending';
  boundAtMs: number;
  /** Namespaces that did not exist when they were last looked for. */
  missing: ReadonlySet<string>;
  binding: Promise<void> | undefined;
  failed: { readonly refusal: CallRefused; readonly atMs: number } | undefined;
}

/**
 * The Roles and bindings of one connection's grants: made when a grant is first used, removed when it is over,
 * however long the cluster is away.
 *
 * Every proxy does this for the grants that it serves. All make the same objects under the same names, and a
 * grant that is over never opens again, so none needs to know of the others; what a killed one leaves behind is
 * for the sweep.
 */
export class GrantBindings {
  readonly #entries = new Map<string, Entry>();
  readonly #slots = new Slots(AT_ONCE);
  readonly #closing = new AbortController();

  constructor(private readonly options: GrantBindingsOptions) {}

  /** Grants whose objects exist or may exist. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * `undefined` when the grant is bound; otherwise resolves when it is.
   *
   * @throws {@link CallRefused} `binding_unavailable`, at once or by the promise
   */
  ensure(grant: OpenGrant): Promise<void> | undefined {
    const entry = this.#entries.get(grant.grantId) ?? this.#open(grant);
    if (isBound(entry)) return undefined;
    if (entry.state === 'ending') throw this.#refusal('it is over');
    entry.binding ??= this.#bindAgain(entry);
    return this.#inTime(entry.binding);
  }

  /** Takes over what another instance has bound or was about to remove. */
  adopt(other: GrantBindings): void {
    for (const { grant } of other.#entries.values()) this.#track(grant);
  }

  /** Starts to remove what belongs to grants that are over. */
  removeEnded(): void {
    for (const entry of this.#entries.values()) {
      if (entry.state !== 'ending' && !this.options.isOpen(entry.grant)) this.#end(entry);
    }
  }

  /** Removes everything, open or not; resolves when it is gone. */
  async removeAll(): Promise<void> {
    for (const entry of this.#entries.values()) if (entry.state !== 'ending') this.#end(entry);
    await this.removed();
  }

  /** Resolves when nothing is left of what is being removed, or all work has stopped. */
  async removed(): Promise<void> {
    const { signal } = this.#closing;
    const underWay = () => [...this.#entries.values()].some(({ state }) => state === 'ending');
    while (underWay() && !signal.aborted) await pause(50, signal);
  }

  /**
   * Compares with what the cluster holds; what somebody removed or changed counts as not bound from now on.
   *
   * @param listedAtMs - what was bound after this instant could not be seen
   */
  compare(stored: readonly StoredObject[], listedAtMs: number): void {
    const byKey = new Map(stored.map((object) => [keyOf(object), object]));
    for (const entry of this.#entries.values()) {
      if (entry.state !== 'bound' || entry.boundAtMs >= listedAtMs) continue;
      const wanted = entry.scopes.filter(({ namespace }) => !entry.missing.has(namespace));
      const whole = wanted
        .flatMap(({ role, binding }) => [role, binding])
        .every((object) => isStored(object, byKey));
      if (whole) continue;
      entry.state = 'unbound';
      const { grantId } = entry.grant;
      this.options.logger.warn({ msg: 'bindings of a grant were removed or changed', grantId });
    }
  }

  /** Stops all work where it is. */
  close(): void {
    this.#closing.abort();
  }

  #open(grant: OpenGrant): Entry {
    if (!this.options.isOpen(grant)) throw this.#refusal('it is over');
    return this.#track(grant);
  }

  #track(grant: OpenGrant): Entry {
    const entry: Entry = {
      ...{ grant, scopes: boundScopes(grant, this.options.owner) },
      ...{ state: 'unbound', boundAtMs: -Infinity },
      ...{ missing: new Set(), binding: undefined, failed: undefined },
    };
    this.#entries.set(grant.grantId, entry);
    return entry;
  }

  #bindAgain(entry: Entry): Promise<void> {
    const { failed } = entry;
    if (failed !== undefined && performance.now() - failed.atMs < FAILED_MS) throw failed.refusal;
    return this.#bind(entry);
  }

  async #bind(entry: Entry): Promise<void> {
    try {
      const missing = await this.#slots.run(() => this.#bindScopes(entry));
      entry.missing = missing;
      entry.boundAtMs = performance.now();
      entry.failed = undefined;
      if (entry.state === 'unbound') entry.state = 'bound';
    } catch (cause) {
      const why = cause instanceof BindingConflict ? 'others stand in their place' : 'try again';
      const refusal = this.#refusal(why, { cause });
      entry.failed = { refusal, atMs: performance.now() };
      throw refusal;
    } finally {
      entry.binding = undefined;
    }
  }

  /** @returns the namespaces that do not exist */
  async #bindScopes({ scopes }: Entry): Promise<ReadonlySet<string>> {
    if (scopes.length > MAX_SCOPES) {
      throw new Error(`the grant names ${scopes.length} namespaces, more than ${MAX_SCOPES}`);
    }
    const rbac = await this.options.rbac();
    const missing = new Set<string>();
    for (const scope of scopes) {
      if (!(await bindScope(rbac, scope))) missing.add(scope.namespace);
    }
    return missing;
  }

  #end(entry: Entry): void {
    entry.state = 'ending';
    void this.#remove(entry);
  }

  /** Tries until everything is gone: nobody uses it any more, so it is in no hurry but never forgotten. */
  async #remove(entry: Entry): Promise<void> {
    await entry.binding?.catch(() => undefined);
    for (let waitMs = 500; ; waitMs = Math.min(waitMs * 2, MAX_BACK_OFF_MS)) {
      if (this.#closing.signal.aborted) return;
      try {
        await this.#slots.run(() => this.#removeScopes(entry));
        break;
      } catch (error) {
        const { grantId } = entry.grant;
        this.options.logger.warn({ msg: 'bindings not removed yet', grantId, err: error });
        await pause(waitMs * (0.75 + Math.random() / 2), this.#closing.signal);
      }
    }
    this.#entries.delete(entry.grant.grantId);
  }

  async #removeScopes({ scopes }: Entry): Promise<void> {
    const rbac = await this.options.rbac();
    for (const scope of scopes.slice(0, MAX_SCOPES)) await unbindScope(rbac, scope);
  }

  async #inTime(binding: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#refusal('it takes too long')), WAIT_MS);
    });
    try {
      await Promise.race([binding, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #refusal(why: string, options?: ErrorOptions): CallRefused {
    return bindingUnavailable(this.options.owner.connection, why, options);
  }
}

const isBound = ({ state, missing, boundAtMs }: Entry): boolean =>
  state === 'bound' && (missing.size === 0 || performance.now() - boundAtMs < MISSING_MS);

const keyOf = ({ kind, namespace, name }: BoundObject) => `${kind}/${namespace}/${name}`;

function isStored(wanted: BoundObject, byKey: ReadonlyMap<string, StoredObject>): boolean {
  const stored = byKey.get(keyOf(wanted));
  return stored !== undefined && isSame(wanted, stored);
}
