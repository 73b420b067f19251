-- Guardrails that were met most, and what became of the calls that met them.
SELECT
  arrayJoin(rules) AS guardrail,
  count() AS commands,
  countIf(effect = 'deny') AS denied,
  countIf(hold_id IS NOT NULL) AS held,
  uniqExact(agent_issuer, agent_subject) AS agents
FROM commands FINAL
WHERE $__timeFilter(received_at) AND notEmpty(rules)
GROUP BY guardrail
ORDER BY denied + held DESC, commands DESC, guardrail
LIMIT 20
