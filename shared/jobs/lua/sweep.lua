-- ARGV: attempts allowed, error as JSON for a job given up ; {recovered, given up}. Jobs whose lease ran out stand in
-- their old place again, or are given up and kept in a list for operators.
local attempts, problem = tonumber(ARGV[1]), ARGV[2]
local now, recovered, dead = now_ms(), 0, 0
for _, id in ipairs(redis.call('ZRANGEBYSCORE', RUNNING, '-inf', now)) do
  end_run(id)
  if get(id, 'state') == 'running' then
    if tonumber(get(id, 'attempt')) >= attempts then
      move(id, 'failed')
      set(id, 'error', problem)
      ended(id)
      redis.call('ZADD', DEAD, now, id)
      dead = dead + 1
      count('failed:given-up', 1)
    else
      move(id, 'queued')
      set(id, 'queued_ms', now)
      stand_in_line(id)
      recovered = recovered + 1
      count('recovered:' .. get(id, 'stage'), 1)
    end
    changed(id)
  end
end
return { recovered, dead }
