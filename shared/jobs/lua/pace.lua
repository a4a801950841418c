-- ARGV: seconds after which a silent worker counts no more, then stages.
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
for _, id in ipairs(redis.call('ZRANGE', RUNNING, 0, -1)) do
  local stage = get(id, 'stage')
  if stage then
    running[stage] = (running[stage] or 0) + 1
  end
end

local since, answer = now_ms() / 1000 - tonumber(ARGV[1]), {}
for index = 2, #ARGV do
  local stage = ARGV[index]
  local seconds, sum = numbers(P .. 'seconds:' .. stage), 0
  table.sort(seconds)
  for _, cost in ipairs(numbers(P .. 'costs:' .. stage)) do
    sum = sum + cost
  end
  local half = #seconds / 2
  local median = #seconds > 0 and (seconds[math.floor(half) + 1] + seconds[math.ceil(half)]) / 2 or ''
  local workers = redis.call('ZRANGEBYSCORE', P .. 'workers:' .. stage, since, '+inf')
  local cost = #seconds > 0 and tostring(sum / #seconds) or ''
  answer[#answer + 1] = { tostring(median), cost, waiting(stage), running[stage] or 0, workers }
end
return answer
