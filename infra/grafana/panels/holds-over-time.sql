-- Held calls, and what humans said.
SELECT
  $__timeInterval(at) AS time,
  transform(
    type,
    ['CommandHeld', 'HoldApproved', 'HoldDenied', 'HoldLapsed', 'HoldCancelled'],
    ['held', 'approved', 'denied', 'not decided in time', 'given up'],
    ''
  ) AS what,
  count() AS holds
FROM holds FINAL
WHERE $__timeFilter(at)
  AND type IN ('CommandHeld', 'HoldApproved', 'HoldDenied', 'HoldLapsed', 'HoldCancelled')
GROUP BY time, what
ORDER BY time, what
