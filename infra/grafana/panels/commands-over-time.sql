-- Kubernetes calls, by what was decided.
SELECT
  $__timeInterval(received_at) AS time,
  multiIf(
    hold_id IS NOT NULL, 'held',
    effect = 'deny' AND rule != '', 'denied by a guardrail',
    effect = 'deny', 'refused',
    outcome = 'cut', 'cut',
    'allowed'
  ) AS decision,
  count() AS commands
FROM commands FINAL
WHERE $__timeFilter(received_at)
GROUP BY time, decision
ORDER BY time, decision
