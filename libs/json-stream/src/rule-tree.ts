import { decodeText, foldKey, isKey, needsDecoding } from './key-match.js';
import { JsonStreamError } from './json-stream-error.js';
import { placeOf, rootPlace, type Place } from './rule-place.js';
import type { Rewrite, ShortValues } from './rewrite.js';
import type { Field, Rule } from './rule.js';
import { writeTable } from './skim-table.js';
import type { Slice } from './text-buffer.js';

/** What the rules say of one place in a document, and of the places inside it. Has itself inside where `**` leads. */
export interface RuleNode {
  /** In its tree, from 1 on. */
  id: number;
  members: ReadonlyMap<string, Member>;
  /** The same by the length of their names, which is faster to look through. */
  named: readonly (readonly Member[] | undefined)[];
  anyMember: RuleNode | undefined;
  elements: RuleNode | undefined;
  readonly mask: Uint8Array | undefined;
  readonly rewrite: Rewrite | undefined;
  readonly label: boolean;
  readonly drop: boolean;
  /** Members are left out unless they are `kept`. */
  readonly keepOnly: boolean;
  readonly kept: boolean;
  /** Some member may be left out, so none is passed on before its name is known. */
  choosesMembers: boolean;
  /** This element is kept only if its fields say so. */
  readonly guarded: boolean;
  readonly judge: Field['judge'] | undefined;
  /** What it rewrites is told the name of the member. */
  readonly isNamed: boolean;
  /** Nothing is said of values here but how to rewrite them, and that they are labels. */
  isSimple: boolean;
  /** Of what stands directly in it everything has to be known: names, and where elements begin. */
  tellsInside: boolean;
}

interface Member {
  readonly key: Uint8Array;
  /** `undefined`: it stays, with everything inside. */
  readonly node: RuleNode | undefined;
}

const encoder = new TextEncoder();

/**
 * Rules as a tree, which the scanner descends with the document.
 *
 * @param short - what `stays` in these rules means
 * @throws TypeError for rules that contradict each other
 */
export function ruleTree(rules: readonly Rule[], short?: ShortValues): RuleNode {
  const place = rootPlace();
  for (const rule of rules) apply(rule, placeOf(place, rule.path));
  const found = new Map<string, RuleNode>();
  const root = nodeOf([place], found);
  writeTable(root, found.values(), short);
  return root;
}

function apply(rule: Rule, place: Place): void {
  if ('mask' in rule) {
    JSON.parse(rule.mask);
    place.mask = encoder.encode(rule.mask);
  } else if ('rewrite' in rule) place.rewrite = rule.rewrite;
  else if ('label' in rule) place.label = true;
  else if ('leave' in rule) place.leave = true;
  else choose(rule, place);
}

type Choice = Extract<Rule, { drop: true } | { keepOnly: unknown } | { keepBy: unknown }>;

/** What is left out. */
function choose(rule: Choice, place: Place): void {
  if ('drop' in rule) {
    if (rule.path.length === 0 || rule.path.at(-1) === '[]') {
      throw new TypeError('only members can be left out without being judged');
    }
    place.drop = true;
  } else if ('keepOnly' in rule) {
    place.keepOnly = true;
    for (const name of rule.keepOnly) placeOf(place, [name]).kept = true;
  } else {
    place.guarded = true;
    for (const { path, judge } of rule.keepBy) placeOf(place, path).judge = judge;
  }
}

/**
 * All that holds at once, as one node, so that nothing has to be looked up twice: what `*` and `**` say holds for
 * named members too.
 *
 * @param found - nodes by the places they stand for: `**` leads back to them
 */
function nodeOf(from: readonly Place[], found: Map<string, RuleNode>): RuleNode {
  // The more exact ones are first; where `**` stands for nothing, the places behind it are here already.
  const places = new Set(from);
  for (const { deep } of places) if (deep !== undefined) places.add(deep);
  const all = [...places];
  const key = all.map(({ id }) => id).join();
  const known = found.get(key);
  if (known !== undefined) return known;
  const node = whatHolds(all);
  found.set(key, node);
  const deep = all.filter(({ isDeep }) => isDeep).sort((a, b) => b.depth - a.depth);
  const inside = (next: readonly (Place | undefined)[]): RuleNode | undefined => {
    const reached = [...next.filter((place) => place !== undefined), ...deep];
    const nothing = reached.length === 0 || reached.some(({ leave }) => leave);
    return nothing ? undefined : nodeOf(reached, found);
  };
  const any = all.map(({ anyMember }) => anyMember);
  const members = new Map<string, Member>();
  for (const name of new Set(all.flatMap((place) => [...place.members.keys()]))) {
    const member = inside([...all.map((place) => place.members.get(name)), ...any]);
    members.set(name, { key: encoder.encode(name), node: member });
  }
  node.members = members;
  node.named = byLength([...members.values()]);
  node.anyMember = inside(any);
  node.elements = inside(all.map(({ elements }) => elements));
  const children = [...[...members.values()].map((member) => member.node), node.anyMember];
  node.choosesMembers = node.keepOnly || children.some((child) => child?.drop === true);
  node.isSimple = isSimple(node);
  node.tellsInside = node.choosesMembers || holdsGuarded(node);
  return node;
}

const holdsGuarded = ({ elements }: RuleNode): boolean => elements?.guarded === true;

const isSimple = (node: RuleNode): boolean =>
  node.mask === undefined && node.judge === undefined && !node.guarded && !holdsGuarded(node);

function whatHolds(places: readonly Place[]): RuleNode {
  const some = (flag: 'label' | 'drop' | 'keepOnly' | 'kept' | 'guarded'): boolean =>
    places.some((place) => place[flag]);
  const change = places.find(({ mask, rewrite }) => mask !== undefined || rewrite !== undefined);
  const mask = change?.mask;
  const judge = places.find((place) => place.judge !== undefined)?.judge;
  if (judge !== undefined && mask !== undefined) {
    throw new TypeError('a value that is judged cannot be masked');
  }
  return {
    id: 0,
    members: new Map(),
    named: [],
    anyMember: undefined,
    elements: undefined,
    mask,
    rewrite: mask === undefined ? change?.rewrite : undefined,
    isNamed: mask === undefined && change?.rewrite?.named === 'member',
    isSimple: false,
    tellsInside: false,
    label: some('label'),
    drop: some('drop'),
    keepOnly: some('keepOnly'),
    kept: some('kept'),
    choosesMembers: false,
    guarded: some('guarded'),
    judge,
  };
}

function byLength(members: readonly Member[]): (readonly Member[] | undefined)[] {
  const longest = members.reduce((length, { key }) => Math.max(length, key.length + 1), 0);
  const table = new Array<Member[] | undefined>(longest).fill(undefined);
  for (const member of members) (table[member.key.length] ??= []).push(member);
  return table;
}

/**
 * The node of the member with this raw name, without quotes.
 *
 * @param isAscii - the name is known to have neither escapes nor anything outside ASCII
 */
export function childOf(node: RuleNode, name: Slice, isAscii = false): RuleNode | undefined {
  const same = withLength(node, name.end - name.start);
  for (const member of same) if (isKey(member.key, name)) return member.node;
  if (isAscii || node.named.length === 0 || !needsDecoding(name)) return node.anyMember;
  const text = decodeText(name);
  const member = text === undefined ? undefined : node.members.get(foldKey(text));
  return member === undefined ? node.anyMember : member.node;
}

const nobody: readonly Member[] = [];

const withLength = ({ named }: RuleNode, length: number): readonly Member[] =>
  length < named.length ? (named[length] ?? nobody) : nobody;

/** What holds elements that are judged may be nothing but an array of them. */
export function requireArray(node: RuleNode): void {
  if (node.elements?.guarded !== true) return;
  throw new JsonStreamError('unexpected', 'expected an array of elements that can be judged');
}
