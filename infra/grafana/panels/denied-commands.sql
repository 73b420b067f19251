-- How many calls did not pass: no grant allowed them, or a guardrail forbade them.
SELECT count() AS denied
FROM commands FINAL
WHERE $__timeFilter(received_at) AND effect = 'deny'
