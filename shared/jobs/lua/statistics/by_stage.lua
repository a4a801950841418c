-- ARGV: seconds after which a silent worker counts no more
-- Answer for each stage: median seconds of its latest runs, mean cost of them to a worker ('' before the first), jobs
-- waiting, jobs running, and the names of the workers alive.
local function numbers(key)
  local values = redis.call('LRANGE', key, 0, -1)
  for index, value in ipairs(values) do
    values[index] = tonumber(value)
  end
  return values
end

local running = {}
for _, id in ipairs(redis.call('ZRANGE', Key.LEASES, 0, -1)) do
  local stage = get(id, 'stage')
  if stage then
    running[stage] = (running[stage] or 0) + 1
  end
end

local since, answer = now_ms() / 1000 - tonumber(ARGV[1]), {}
for index, stage in ipairs(Stage) do
  local seconds, sum = numbers(Key.RUN_SECONDS .. stage), 0
  table.sort(seconds)
  for _, cost in ipairs(numbers(Key.RUN_COSTS .. stage)) do
    sum = sum + cost
  end
  local half = #seconds / 2
  local median = #seconds > 0 and (seconds[math.floor(half) + 1] + seconds[math.ceil(half)]) / 2 or ''
  local mean_cost = #seconds > 0 and sum / #seconds or ''
  local workers = redis.call('ZRANGEBYSCORE', Key.WORKERS .. stage, since, '+inf')
  answer[index] = { tostring(median), tostring(mean_cost), waiting(stage), running[stage] or 0, workers }
end
return answer
