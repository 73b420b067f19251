-- Calls that a cluster saw with the gateway's credential and the record does not explain: somebody else has it.
SELECT count() AS calls
FROM audit_events FINAL
WHERE $__timeFilter(at) AND type = 'UnrecordedCallFound'
