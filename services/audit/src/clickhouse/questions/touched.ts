import { TouchedRow } from '@drawbridge/contracts';
import type { TouchedFilter } from '../../http/question-filter.js';
import { foundBy, given, inTime, isAgent, isOneOf, type Condition } from '../condition.js';
import {
  AGENT,
  commandsSeen,
  idText,
  IS_CHANGE,
  SPAN,
  type Asking,
  type Question,
  type Times,
} from './question.js';

/**
 * Who touched an object, or without a namespace all that are called so, wherever. A create does not name its object in
 * the path, and a deletecollection no object at all: they are told apart as calls on the collection.
 */
export function touched(asking: Asking, filter: TouchedFilter & Times): Question<TouchedRow> {
  const { sql, parameters } = commandsSeen(asking, [
    ...foundBy('key', inTime('received_at', filter)),
    ...foundBy('start', called(filter)),
  ]);
  return {
    row: TouchedRow,
    sql: `SELECT ${AGENT}, connection, namespace, ${idText('grant_id')} AS grantId,
  ${idText('any(access_request_id)')} AS accessRequestId,
  if(name = '', 'collection', 'object') AS reach,
  count() AS calls, countIf(${IS_CHANGE}) AS changes, countIf(effect = 'deny') AS refused,
  arraySort(groupUniqArray(20)(if(subresource = '', toString(verb), concat(verb, ' ', subresource)))) AS verbs, ${SPAN}
FROM ${sql}
GROUP BY agent_issuer, agent_subject, agent_owner, connection, namespace, grant_id, reach
ORDER BY lastAt DESC, agentIssuer, agentSubject, agentOwner, connection, namespace, grantId, reach`,
    parameters,
  };
}

/** Which calls touch it, by their start. */
function called(filter: TouchedFilter): readonly Condition[] {
  const [resource = '', ...subresource] = filter.resource.split('/');
  return [
    ...given(filter.connection, (names) => isOneOf('connection', names)),
    ...given(filter.agent, isAgent),
    ...given(filter.group, (group) => ({
      sql: 'api_group = {group:String}',
      parameters: { group },
    })),
    // Of creates in all namespaces nobody can tell which may be meant: those that are in none are looked at.
    {
      sql: `resource = {resource:String} AND ({subresource:String} = '' OR subresource = {subresource:String})
  AND (empty({namespace:String}) OR namespace = {namespace:String}) AND (name = {name:String}
    OR (name = '' AND namespace = {namespace:String} AND effect = 'allow' AND verb IN ('create', 'deletecollection')))`,
      parameters: {
        namespace: filter.namespace,
        resource,
        subresource: subresource.join('/'),
        name: filter.name,
      },
    },
  ];
}
