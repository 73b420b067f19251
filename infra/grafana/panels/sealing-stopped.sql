-- Times in which what was recorded was not sealed: a change of it could not have been proved.
SELECT count() AS outages
FROM audit_events FINAL
WHERE $__timeFilter(at) AND type = 'SealingStopped'
