-- What happened to access requests and grants.
SELECT
  $__timeInterval(at) AS time,
  transform(
    type,
    ['AccessRequested', 'GrantIssued', 'AccessRequestDenied', 'AccessRequestRejected', 'GrantRevoked'],
    ['asked', 'granted', 'denied by policy', 'rejected by a human', 'revoked'],
    ''
  ) AS what,
  count() AS events
FROM events FINAL
WHERE $__timeFilter(at)
  AND type IN ('AccessRequested', 'GrantIssued', 'AccessRequestDenied', 'AccessRequestRejected', 'GrantRevoked')
GROUP BY time, what
ORDER BY time, what
