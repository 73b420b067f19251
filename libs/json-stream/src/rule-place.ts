import { foldKey } from './key-match.js';
import type { Rewrite } from './rewrite.js';
import type { Field, Path } from './rule.js';

/** What rules say of exactly one path. */
export interface Place {
  readonly id: number;
  readonly members: Map<string, Place>;
  anyMember: Place | undefined;
  elements: Place | undefined;
  /** What a `**` behind it stands for. */
  deep: Place | undefined;
  /** Everything inside of it is the same place again. */
  readonly isDeep: boolean;
  /** Names in its path. */
  readonly depth: number;
  /** It stays as it is, with everything inside. */
  leave: boolean;
  mask: Uint8Array | undefined;
  rewrite: Rewrite | undefined;
  judge: Field['judge'] | undefined;
  label: boolean;
  drop: boolean;
  keepOnly: boolean;
  kept: boolean;
  guarded: boolean;
}

let places = 0;

function newPlace(depth: number, isDeep = false): Place {
  places += 1;
  return {
    id: places,
    members: new Map(),
    anyMember: undefined,
    elements: undefined,
    deep: undefined,
    isDeep,
    depth,
    leave: false,
    mask: undefined,
    rewrite: undefined,
    judge: undefined,
    label: false,
    drop: false,
    keepOnly: false,
    kept: false,
    guarded: false,
  };
}

export const rootPlace = (): Place => newPlace(0);

/** The place at a path that begins at `from`. */
export function placeOf(from: Place, path: Path): Place {
  return path.reduce((place, segment) => {
    const depth = place.depth + 1;
    if (segment === '[]') return (place.elements ??= newPlace(depth));
    if (segment === '*') return (place.anyMember ??= newPlace(depth));
    if (segment === '**') return (place.deep ??= newPlace(depth, true));
    const key = foldKey(segment);
    const member = place.members.get(key) ?? newPlace(depth);
    place.members.set(key, member);
    return member;
  }, from);
}
