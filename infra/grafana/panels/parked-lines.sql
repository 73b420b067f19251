-- Lines that could be put into no table: each waits for a person on the stream PARKED.
SELECT sum(length(parked)) AS lines
FROM stream_messages FINAL
WHERE $__timeFilter(stored_at)
