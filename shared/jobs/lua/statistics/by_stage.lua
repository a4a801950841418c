-- ARGV: seconds after which a silent worker counts no more
-- Answer for each stage: what a job costs a worker, in seconds ('' before the first run), jobs waiting, and the names
-- of the workers alive.
local since, answer = now_ms() / 1000 - tonumber(ARGV[1]), {}
for index, stage in ipairs(Stage) do
  local workers = redis.call('ZRANGEBYSCORE', Key.WORKERS .. stage, since, '+inf')
  answer[index] = { tostring(usual_cost(stage) or ''), waiting(stage), workers }
end
return answer
