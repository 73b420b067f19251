-- The newest signed checkpoint of each stream, and how many messages were stored that it does not speak of yet.
SELECT
  stream,
  sealed_at,
  messages_sealed,
  sealed_up_to,
  stored_up_to,
  greatest(toInt64(stored_up_to) - toInt64(sealed_up_to), 0) AS not_sealed
FROM
(
  SELECT stream, max(sequence) AS stored_up_to
  FROM stream_messages
  WHERE stream != 'CHECKPOINTS'
  GROUP BY stream
) AS stored
LEFT JOIN
(
  SELECT stream, max(at) AS sealed_at, max(tree_size) AS messages_sealed, max(last_sequence) AS sealed_up_to
  FROM checkpoints
  GROUP BY stream
) AS sealed USING (stream)
ORDER BY stream
