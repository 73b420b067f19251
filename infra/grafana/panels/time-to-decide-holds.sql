-- Seconds that a held call waited for its humans, whether they said yes or no.
SELECT
  $__timeInterval(decided_at) AS time,
  quantile(0.5)(seconds) AS median,
  quantile(0.95)(seconds) AS p95
FROM
(
  SELECT
    hold_id,
    minIf(at, type = 'CommandHeld') AS held_at,
    minIf(at, type IN ('HoldApproved', 'HoldDenied')) AS decided_at,
    dateDiff('millisecond', held_at, decided_at) / 1000 AS seconds
  FROM holds FINAL
  WHERE at >= $__fromTime - INTERVAL 1 DAY AND at <= $__toTime
    AND type IN ('CommandHeld', 'HoldApproved', 'HoldDenied')
  GROUP BY hold_id
  HAVING countIf(type = 'CommandHeld') > 0 AND countIf(type IN ('HoldApproved', 'HoldDenied')) > 0
)
WHERE $__timeFilter(decided_at)
GROUP BY time
ORDER BY time
