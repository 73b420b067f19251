-- Every connection waits a random while before its next call, so that calls come as independent users send
-- them: a slow answer holds up one of them and not the rate. For src/load/wrk.ts.
local here = debug.getinfo(1, 'S').source:match('@(.*/)')
dofile(here .. 'report.lua')

local mean = tonumber(os.getenv('BENCH_THINK_MS'))
math.randomseed(tonumber(os.getenv('BENCH_SEED')))
delay = function()
  return math.floor(-math.log(1 - math.random()) * mean + 0.5)
end
