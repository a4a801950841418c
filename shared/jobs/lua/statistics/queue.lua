-- ARGV: seconds after which a silent worker counts no more
-- Answer: now in ms; for each stage what a job costs a worker, in seconds ('' before the first run); for each the names
-- of the workers alive; the jobs that wait, each as id, owner, group, stage, steps as JSON, in the order in which
-- groups, their owners and each owner's jobs take turns; those that run, each with worker, run, started_ms, expected_s.
local waits, runs = {}, {}
for _, stage in ipairs(Stage) do
  for _, group in ipairs(redis.call('ZRANGE', groups_key(stage), 0, -1)) do
    for _, owner in ipairs(redis.call('ZRANGE', owners_key(stage, group), 0, -1)) do
      for _, id in ipairs(redis.call('ZRANGE', queue_key(stage, owner), 0, -1)) do
        waits[#waits + 1] = { id, owner, group, stage, get(id, 'steps') }
      end
    end
  end
end
for _, id in ipairs(redis.call('ZRANGE', Key.LEASES, 0, -1)) do
  local names = { 'owner', 'stage', 'steps', 'worker', 'run', 'started_ms', 'expected_s' }
  local owner, stage, steps, worker, run, started, expected = unpack(redis.call('HMGET', job_key(id), unpack(names)))
  if owner then
    runs[#runs + 1] = { id, owner, group_of(id), stage, steps, worker or '', run, started, expected or '' }
  end
end
local costs, workers, since = {}, {}, now_ms() / 1000 - tonumber(ARGV[1])
for index, stage in ipairs(Stage) do
  costs[index] = tostring(usual_cost(stage) or '')
  workers[index] = redis.call('ZRANGEBYSCORE', Key.WORKERS .. stage, since, '+inf')
end
return { tostring(now_ms()), costs, workers, waits, runs }
