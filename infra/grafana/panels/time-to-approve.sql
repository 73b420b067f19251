-- Seconds from the moment humans were asked to the last approval that was needed.
SELECT
  $__timeInterval(approved_at) AS time,
  quantile(0.5)(seconds) AS median,
  quantile(0.95)(seconds) AS p95
FROM
(
  SELECT
    aggregate_id,
    minIf(at, type = 'ApprovalRequested') AS asked_at,
    minIf(at, type = 'AccessRequestApproved') AS approved_at,
    dateDiff('millisecond', asked_at, approved_at) / 1000 AS seconds
  FROM events FINAL
  -- A request waits for days at the most.
  WHERE at >= $__fromTime - INTERVAL 10 DAY AND at <= $__toTime
    AND type IN ('ApprovalRequested', 'AccessRequestApproved')
  GROUP BY aggregate_id
  HAVING countIf(type = 'ApprovalRequested') > 0 AND countIf(type = 'AccessRequestApproved') > 0
)
WHERE $__timeFilter(approved_at)
GROUP BY time
ORDER BY time
