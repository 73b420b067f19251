import type { Unsearched, UnsearchedReason } from '@drawbridge/contracts';

const MAX_NAMED = 20;

/** Counts what could not be searched, and names some of it. */
export class UnsearchedParts {
  readonly #byReason = new Map<UnsearchedReason, { count: number; commandIds: Set<string> }>();

  add(reason: UnsearchedReason, commandId: string, count = 1): void {
    const known = this.#byReason.get(reason) ?? { count: 0, commandIds: new Set<string>() };
    known.count += count;
    if (known.commandIds.size < MAX_NAMED) known.commandIds.add(commandId);
    this.#byReason.set(reason, known);
  }

  list(): Unsearched[] {
    return [...this.#byReason]
      .map(([reason, { count, commandIds }]) => ({ reason, count, commandIds: [...commandIds] }))
      .toSorted((one, other) => one.reason.localeCompare(other.reason));
  }
}
