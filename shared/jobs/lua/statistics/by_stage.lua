-- ARGV: seconds after which a silent worker counts no more
-- Answer for each stage: what a job costs a worker, in seconds ('' before the first run), jobs waiting, jobs running,
-- and the names of the workers alive.
local running = {}
for _, id in ipairs(redis.call('ZRANGE', Key.LEASES, 0, -1)) do
  local stage = get(id, 'stage')
  if stage then
    running[stage] = (running[stage] or 0) + 1
  end
end

local since, answer = now_ms() / 1000 - tonumber(ARGV[1]), {}
for index, stage in ipairs(Stage) do
  local workers = redis.call('ZRANGEBYSCORE', Key.WORKERS .. stage, since, '+inf')
  answer[index] = { tostring(usual_cost(stage) or ''), waiting(stage), running[stage] or 0, workers }
end
return answer
