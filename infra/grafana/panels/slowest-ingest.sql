-- The longest that any message waited for its row.
SELECT round(max(longest_seconds), 3) AS longest
FROM ingest_lags
WHERE $__timeFilter(minute)
