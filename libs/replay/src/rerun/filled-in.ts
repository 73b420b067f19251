import { isList, isObject, type Json } from '../json.js';

/**
 * An answer of a sandbox with what the cluster has put in by itself, as its own answer shows: defaults, and what
 * webhooks add. What was there before the write was not put in by it.
 *
 * @param now - as the sandbox has it
 * @param before - the recorded object before the write; absent: there was none
 */
export function filledIn(
  now: Json | undefined,
  recorded: Json | undefined,
  before: Json | undefined,
): Json | undefined {
  if (now === undefined) return before === undefined ? recorded : undefined;
  if (isList(now) && isList(recorded) && now.length === recorded.length) {
    const old = isList(before) ? before : [];
    // As long as the list of the sandbox, so that there is an element for each.
    return now.map((element, index) => filledIn(element, recorded[index], old[index]) ?? null);
  }
  if (!isObject(now) || !isObject(recorded)) return now;
  const old = isObject(before) ? before : {};
  const names = new Set([...Object.keys(now), ...Object.keys(recorded)]);
  return Object.fromEntries(
    [...names].map((name) => [name, filledIn(now[name], recorded[name], old[name])]),
  );
}
