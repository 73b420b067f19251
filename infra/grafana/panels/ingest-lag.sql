-- Seconds from the moment a stream took a message to the moment it stood in a table.
SELECT
  $__timeInterval(minute) AS time,
  stream,
  round(quantilesTDigestMerge(0.5, 0.99)(lag_seconds)[2], 3) AS p99
FROM ingest_lags
WHERE $__timeFilter(minute)
GROUP BY time, stream
ORDER BY time, stream
