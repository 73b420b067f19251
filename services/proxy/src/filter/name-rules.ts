import { ruleTree, type Field, type Rule, type RuleNode } from '@drawbridge/json-stream';

const NAME = ['metadata', 'name'];
const changes = new Set(['ADDED', 'MODIFIED', 'DELETED']);

/**
 * What may be seen of a list by somebody who may see `names` only: these objects, as items or as rows of a table,
 * and of all else nothing that tells of others (`remainingItemCount`, `continue`).
 */
export function listRules(names: readonly string[]): RuleNode {
  const judge = judgeOf(names);
  const rules: readonly Rule[] = [
    {
      path: [],
      keepOnly: ['kind', 'apiVersion', 'metadata', 'items', 'columnDefinitions', 'rows'],
    },
    { path: ['metadata'], keepOnly: ['resourceVersion', 'selfLink'] },
    { path: ['items', '[]'], keepBy: [{ path: NAME, judge }] },
    { path: ['rows', '[]'], keepBy: [{ path: ['object', ...NAME], judge }] },
  ];
  return ruleTree(rules);
}

/**
 * The same of a watch: changes of these objects, alone or as the row of a table. Bookmarks and errors are of no
 * object and pass.
 */
export function watchRules(names: readonly string[]): RuleNode {
  const judge = judgeOf(names);
  const rules: readonly Rule[] = [
    { path: [], keepOnly: ['type', 'object'] },
    {
      path: [],
      keepBy: [
        { path: ['type'], judge: judgeType },
        { path: ['object', ...NAME], judge },
        { path: ['object', 'rows', '[]', 'object', ...NAME], judge },
      ],
    },
  ];
  return ruleTree(rules);
}

function judgeType(type: string | undefined) {
  if (type === 'BOOKMARK' || type === 'ERROR') return 'keep';
  return type !== undefined && changes.has(type) ? undefined : 'drop';
}

function judgeOf(names: readonly string[]): Field['judge'] {
  const shown = new Set(names);
  return (name) => {
    // The row of a bookmark has an empty name.
    if (name === '') return undefined;
    return name !== undefined && shown.has(name) ? 'keep' : 'drop';
  };
}

/** What of a failure of the cluster may be seen: not its words, which may speak of any object. */
export const failureRules: RuleNode = ruleTree([
  {
    path: ['message'],
    mask: '"the cluster failed; its words are not shown, since they may name other objects"',
  },
  { path: ['details'], drop: true },
]);
