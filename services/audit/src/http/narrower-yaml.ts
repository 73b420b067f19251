import { ActionDocument, type NarrowerScope } from '@drawbridge/contracts';
import { placeholdersOf } from '@drawbridge/scope';
import { Document } from 'yaml';

/** As an action may be called; the name of an action is one already. */
const labelOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '') || 'narrower';

const oneLine = (text: string): string => JSON.stringify(text);

/**
 * The narrower scope as an `Action` document, which takes the place of the action, or of the rules of the policy. What
 * only the policy can say stands in a comment.
 *
 * @returns `undefined` when there is nothing to allow, or no document can say it
 */
export function narrowerYaml(
  scope: NarrowerScope,
  { since, until }: { readonly since?: string | undefined; readonly until: string },
): string | undefined {
  const { action, policy, rules } = scope;
  if (rules === undefined) return undefined;
  const parameters = [...placeholdersOf(rules)].map(([name, uses]) => ({
    name,
    description: uses.has('namespace') ? 'Namespace' : 'Name of the object',
  }));
  const parsed = ActionDocument.safeParse({
    apiVersion: 'drawbridge.dev/v1alpha1',
    kind: 'Action',
    metadata: { name: labelOf(action === '' ? `${policy}-used` : action) },
    spec: {
      description: `What was used of ${action === '' ? 'rules' : 'this action'}`,
      ...(parameters.length === 0 ? {} : { parameters }),
      rules,
    },
  });
  if (!parsed.success) return undefined;
  const { metadata, ...rest } = parsed.data;
  const { name } = metadata;
  const document = new Document({
    apiVersion: rest.apiVersion,
    kind: rest.kind,
    metadata: { name },
    spec: rest.spec,
  });
  document.commentBefore = commentOf(scope, { since, until });
  return document.toString({ lineWidth: 100 });
}

function commentOf(
  scope: NarrowerScope,
  { since, until }: { readonly since?: string | undefined; readonly until: string },
): string {
  const { action, policy, grants, idleGrants, grantedSeconds, neededSeconds, connections } = scope;
  const of = action === '' ? 'rules' : `action ${oneLine(action)}`;
  const instead =
    action === ''
      ? `In policy ${oneLine(policy)} it takes the place of "rules": name it in "actions".`
      : 'It takes the place of the action of that name.';
  const idle = idleGrants === 0 ? 'each was used' : `${idleGrants} of them without any use`;
  return [
    ` What would have done for ${grants} ${grants === 1 ? 'grant' : 'grants'} of ${of}`,
    ` by policy ${oneLine(policy)} on ${connections.map(oneLine).join(', ')},`,
    ` issued${since === undefined ? '' : ` from ${since}`} until ${until}; ${idle}.`,
    ` ${instead}`,
    neededSeconds < grantedSeconds
      ? ` They were granted for up to ${grantedSeconds} s. 95 in 100 would have done with maxDurationSeconds: ${neededSeconds}`
      : ` They were granted for up to ${grantedSeconds} s, and that was needed.`,
  ].join('\n');
}
