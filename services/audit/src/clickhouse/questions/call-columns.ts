import { AGENT, idText, PATH } from './question.js';

/** The columns of `CallRow`; `kinds` is an array of words. */
export const callColumns = (kinds: string): string => `
  toString(command_id) AS id, received_at AS receivedAt, ${AGENT},
  connection, ${idText('grant_id')} AS grantId,
  verb, api_group AS apiGroup, resource, subresource, namespace, name,
  if(outcome = '', 'in_flight', toString(outcome)) AS outcome,
  if(status_code = 0, NULL, status_code) AS statusCode,
  if(outcome_reason = '', toString(reason), toString(outcome_reason)) AS reason,
  if(outcome_rule = '', toString(rule), toString(outcome_rule)) AS rule,
  ${kinds} AS kinds, ${PATH} AS path`;
