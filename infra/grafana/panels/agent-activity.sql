-- What each agent did, the busiest first.
SELECT
  agent_subject AS agent,
  count() AS commands,
  countIf(verb NOT IN ('get', 'list', 'watch')) AS writes,
  countIf(effect = 'deny') AS denied,
  countIf(hold_id IS NOT NULL) AS held,
  uniqExact(connection) AS connections,
  uniqExact(grant_id) AS grants,
  max(received_at) AS last_seen
FROM commands FINAL
WHERE $__timeFilter(received_at) AND agent_subject != ''
GROUP BY agent_issuer, agent
ORDER BY commands DESC, agent
LIMIT 50
