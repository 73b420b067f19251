-- Who was shown what was recorded.
SELECT
  at AS time,
  actor_id AS viewer,
  connection,
  toString(command_id) AS command,
  JSONExtractString(data, 'how') AS how
FROM audit_events FINAL
WHERE $__timeFilter(at) AND type = 'RecordingViewed'
ORDER BY time DESC
LIMIT 100
