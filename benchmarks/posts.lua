-- For wrk: the lines of a file as bodies, in turn. Arguments: file, first line, mean milliseconds
-- that a client thinks before its next post (drawn anew each time; 0 for a client that never waits).
local bodies = {}
local at = 0

function init(args)
  for line in io.lines(args[1]) do
    bodies[#bodies + 1] = line
  end
  at = tonumber(args[2])
  local mean = tonumber(args[3])
  if mean > 0 then
    delay = function()
      return math.floor(-mean * math.log(1 - math.random()) + 0.5)
    end
  end
end

function request()
  at = at % #bodies + 1
  return wrk.format("POST", nil, { ["content-type"] = "application/json" }, bodies[at])
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "microseconds": %d, "refused": %d, "failed": %d, ' ..
      '"p50": %d, "p95": %d, "p99": %d}\n',
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
