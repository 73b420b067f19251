-- Grants that are open now, whatever time the dashboard shows.
SELECT count() AS open_grants
FROM
(
  SELECT
    aggregate_id,
    maxIf(
      parseDateTime64BestEffortOrZero(JSONExtractString(data, 'endsAt'), 3, 'UTC'),
      type IN ('GrantIssued', 'GrantExtended')
    ) AS ends_at,
    countIf(type IN ('GrantRevoked', 'GrantExpired', 'GrantEnded')) AS ends
  FROM events FINAL
  -- No request waits and is open for longer.
  WHERE at >= now() - INTERVAL 10 DAY
    AND type IN ('GrantIssued', 'GrantExtended', 'GrantRevoked', 'GrantExpired', 'GrantEnded')
  GROUP BY aggregate_id
)
WHERE ends = 0 AND ends_at > now()
