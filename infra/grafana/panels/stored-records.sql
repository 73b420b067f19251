-- Records stored, by stream.
SELECT
  $__timeInterval(minute) AS time,
  stream,
  sum(records) / $__interval_s AS per_second
FROM ingest_lags
WHERE $__timeFilter(minute)
GROUP BY time, stream
ORDER BY time, stream
