import { type JsonObject, objectsAt, stringAt } from '../json.js';

/** A condition as a controller states it; the times are filled in. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
}

/** The condition of a type in a status. */
export function findCondition(status: JsonObject, type: string): JsonObject | undefined {
  return objectsAt(status, 'conditions').find((condition) => condition['type'] === type);
}

/** True if the condition of a type holds. */
export function holds(status: JsonObject, type: string): boolean {
  return findCondition(status, type)?.['status'] === 'True';
}

/**
 * The conditions of a status with some replaced. `lastTransitionTime` moves only when the state does.
 *
 * @param withUpdateTime - Deployments also tell when a condition was last stated differently.
 */
export function withConditions(
  status: JsonObject,
  stated: readonly Condition[],
  { now, withUpdateTime = false }: { readonly now: string; readonly withUpdateTime?: boolean },
): readonly JsonObject[] {
  const next = stated.map((condition): JsonObject => {
    const before = findCondition(status, condition.type);
    const sameState = before?.['status'] === condition.status;
    const sameWords =
      before?.['reason'] === condition.reason && before?.['message'] === condition.message;
    return {
      ...condition,
      ...(withUpdateTime
        ? { lastUpdateTime: sameState && sameWords ? before['lastUpdateTime'] : now }
        : {}),
      lastTransitionTime: sameState ? stringAt(before, 'lastTransitionTime') : now,
    };
  });
  const types = new Set(stated.map(({ type }) => type));
  const others = objectsAt(status, 'conditions').filter(
    (condition) => !types.has(stringAt(condition, 'type') ?? ''),
  );
  return [...others, ...next];
}
