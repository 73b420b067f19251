import type { Clock } from '@drawbridge/kernel';
import { principalId, type Principal } from '@drawbridge/contracts';
import { requirePrincipal } from '@drawbridge/runtime';
import type { Request } from 'express';
import {
  allRows,
  ownerNames,
  rowsOfOwner,
  type OwnerName,
  type RowAccess,
} from '../clickhouse/row-access.js';
import type { AuditStore } from '../clickhouse/select-page.js';
import { AuditRefused, isAuditor, type Auditors } from './require-auditor.js';

/** Somebody who may read the record, and what of it. */
export interface Reader {
  readonly principal: Principal;
  readonly isOwner: boolean;
  readonly access: RowAccess;
  /** Aborts when they hang up before they have their answer. */
  readonly gone: AbortSignal;
}

export interface ReadersOptions {
  readonly auditors: Auditors;
  readonly store: AuditStore;
  readonly clock: Clock;
}

/** How long it is remembered whose owner somebody is; a new agent's owner waits so long at most. */
const REMEMBERED_MS = 10_000;
const MAX_REMEMBERED = 1000;

function goneOf({ res: response }: Request): AbortSignal {
  const controller = new AbortController();
  response?.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

interface Remembered {
  readonly names: Promise<readonly OwnerName[]>;
  readonly untilMs: number;
}

/** Who may read the record: humans of the auditor groups all of it, and who owns an agent the rows of that agent. */
export class Readers {
  readonly #remembered = new Map<string, Remembered>();

  constructor(private readonly options: ReadersOptions) {}

  /**
   * Lets auditors pass, and owners of agents. Never an agent: it may carry the same group, and would then read what
   * other agents did.
   *
   * @throws TokenRefused, AuditRefused, AuditQueryError
   */
  async require(request: Request): Promise<Reader> {
    const { auditors, store } = this.options;
    const { principal } = await requirePrincipal(request, auditors.verifier);
    const gone = goneOf(request);
    if (isAuditor(principal, auditors)) return { principal, isOwner: false, access: allRows, gone };
    const names = principal.kind === 'human' ? await this.#namesOf(principal) : [];
    if (names.length === 0) throw this.#refusal();
    return { principal, isOwner: true, access: rowsOfOwner(store, names), gone };
  }

  #refusal(): AuditRefused {
    const groups = this.options.auditors.groups.join(', ');
    return new AuditRefused(
      'auditor_required',
      `only a human in one of the groups ${groups} may read the record, and who owns an agent what is of that agent`,
    );
  }

  #namesOf(human: Principal): Promise<readonly OwnerName[]> {
    const now = this.options.clock().getTime();
    const key = JSON.stringify([principalId(human), human.email]);
    const known = this.#remembered.get(key);
    if (known !== undefined && known.untilMs > now) return known.names;
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    const names = ownerNames(this.options.store, human);
    this.#remembered.set(key, { names, untilMs: now + REMEMBERED_MS });
    // What failed is asked again by the next one.
    names.catch(() => this.#remembered.delete(key));
    return names;
  }
}
