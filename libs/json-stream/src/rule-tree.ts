import { decodeText, foldKey, isKey, needsDecoding } from './key-match.js';
import type { Field, Path, Rule } from './rule.js';
import type { Slice } from './text-buffer.js';

/** What the rules say of one place in a document, and of the places inside it. */
export interface RuleNode {
  readonly members: Map<string, Member>;
  /** The same as a list, which is faster to look through. */
  named: readonly Member[];
  anyMember: RuleNode | undefined;
  elements: RuleNode | undefined;
  mask: Uint8Array | undefined;
  drop: boolean;
  /** Members are left out unless they are `kept`. */
  keepOnly: boolean;
  kept: boolean;
  /** Some member may be left out, so none is passed on before its name is known. */
  choosesMembers: boolean;
  /** This element is kept only if its fields say so. */
  guarded: boolean;
  judge: Field['judge'] | undefined;
}

interface Member {
  readonly key: Uint8Array;
  readonly node: RuleNode;
}

const emptyNode = (): RuleNode => ({
  members: new Map(),
  named: [],
  anyMember: undefined,
  elements: undefined,
  mask: undefined,
  drop: false,
  keepOnly: false,
  kept: false,
  choosesMembers: false,
  guarded: false,
  judge: undefined,
});

const encoder = new TextEncoder();

/**
 * Rules as a tree, which the scanner descends with the document.
 *
 * @throws TypeError for rules that contradict each other
 */
export function ruleTree(rules: readonly Rule[]): RuleNode {
  const root = emptyNode();
  for (const rule of rules) apply(rule, nodeAt(root, rule.path));
  settle(root);
  return root;
}

function apply(rule: Rule, node: RuleNode): void {
  if ('mask' in rule) {
    JSON.parse(rule.mask);
    node.mask = encoder.encode(rule.mask);
  } else if ('drop' in rule) {
    if (rule.path.length === 0 || rule.path.at(-1) === '[]') {
      throw new TypeError('only members can be left out without being judged');
    }
    node.drop = true;
  } else if ('keepOnly' in rule) {
    node.keepOnly = true;
    for (const name of rule.keepOnly) memberOf(node, foldKey(name)).kept = true;
  } else {
    node.guarded = true;
    for (const { path, judge } of rule.keepBy) nodeAt(node, path).judge = judge;
  }
}

function nodeAt(from: RuleNode, path: Path): RuleNode {
  return path.reduce((node, segment) => {
    if (segment === '[]') return (node.elements ??= emptyNode());
    if (segment === '*') return (node.anyMember ??= emptyNode());
    return memberOf(node, foldKey(segment));
  }, from);
}

function memberOf(node: RuleNode, key: string): RuleNode {
  const member = node.members.get(key) ?? { key: encoder.encode(key), node: emptyNode() };
  node.members.set(key, member);
  return member.node;
}

/** What holds for any member holds for the named ones too; then nothing has to be looked up twice. */
function settle(node: RuleNode): void {
  node.named = [...node.members.values()];
  const inner = node.named.map((member) => member.node);
  if (node.anyMember !== undefined) {
    for (const member of inner) merge(node.anyMember, member);
    inner.push(node.anyMember);
  }
  if (node.elements !== undefined) inner.push(node.elements);
  node.choosesMembers =
    node.keepOnly || inner.some((child) => child.drop && child !== node.elements);
  if (node.judge !== undefined && node.mask !== undefined) {
    throw new TypeError('a value that is judged cannot be masked');
  }
  inner.forEach(settle);
}

function merge(from: RuleNode, into: RuleNode): void {
  into.mask ??= from.mask;
  into.judge ??= from.judge;
  for (const flag of ['drop', 'keepOnly', 'kept', 'guarded'] as const) into[flag] ||= from[flag];
  for (const [key, { node }] of from.members) merge(node, memberOf(into, key));
  for (const inner of ['anyMember', 'elements'] as const) {
    const node = from[inner];
    if (node !== undefined) merge(node, (into[inner] ??= emptyNode()));
  }
}

/** The node of the member with this raw name, without quotes. */
export function childOf(node: RuleNode, name: Slice): RuleNode | undefined {
  const { named } = node;
  for (let index = 0; index < named.length; index += 1) {
    const member = named[index];
    if (member !== undefined && isKey(member.key, name)) return member.node;
  }
  if (named.length === 0 || !needsDecoding(name)) return node.anyMember;
  const text = decodeText(name);
  const member = text === undefined ? undefined : node.members.get(foldKey(text));
  return member?.node ?? node.anyMember;
}
