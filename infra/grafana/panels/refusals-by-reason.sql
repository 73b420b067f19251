-- Why calls did not pass; docs/errors.md says what each code means.
SELECT
  reason,
  count() AS commands,
  uniqExact(agent_issuer, agent_subject) AS agents
FROM commands FINAL
WHERE $__timeFilter(received_at) AND effect = 'deny'
GROUP BY reason
ORDER BY commands DESC, reason
LIMIT 20
