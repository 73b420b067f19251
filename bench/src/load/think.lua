-- Every connection waits a random while before its next call, so that calls come as independent users send
-- them: a slow answer holds up one of them and not the rate. Before its first call it waits a second more: what
-- is measured are the calls, and not how long they stand behind the handshakes of all the others.
-- For src/load/wrk.ts.
local here = debug.getinfo(1, 'S').source:match('@(.*/)')
dofile(here .. 'report.lua')

local mean = tonumber(os.getenv('BENCH_THINK_MS'))
local arriving = tonumber(os.getenv('BENCH_CONNECTIONS_PER_THREAD'))
local arrival = tonumber(os.getenv('BENCH_ARRIVAL_MS'))
math.randomseed(tonumber(os.getenv('BENCH_SEED')))
delay = function()
  local think = math.floor(-math.log(1 - math.random()) * mean + 0.5)
  -- wrk asks once before every call of the connections of this thread, and does not say for which.
  if arriving <= 0 then
    return think
  end
  arriving = arriving - 1
  return arrival + think
end
