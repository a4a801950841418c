-- ARGV: stage, limit, lease ms, stage limit ms, run, worker, 1 to leave suspects waiting or 0
-- Answer: the ids of the claimed jobs, fairly by owner.
-- A job whose earlier run died is a suspect: it runs alone, so that a poison photo takes no neighbour with it.
local stage, limit, lease, stage_limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local run, worker, no_suspects = ARGV[5], ARGV[6], ARGV[7] == '1'
local ring, now, claimed = ring_key(stage), now_ms(), {}
while #claimed < limit do
  local owner = redis.call('ZRANGE', ring, 0, 0)[1]
  if not owner then
    break
  end
  local line = line_key(stage, owner)
  local id = redis.call('ZRANGE', line, 0, 0)[1]
  local suspect = id and tonumber(get(id, 'attempt') or '0') > 0
  if suspect and (no_suspects or #claimed > 0) then
    break
  end
  if id then
    redis.call('ZREM', line, id)
  end
  if redis.call('ZCARD', line) == 0 then
    redis.call('ZREM', ring, owner)
  else
    redis.call('ZADD', ring, redis.call('INCR', P .. 'turn'), owner)
  end
  if id and get(id, 'stage') == stage and get(id, 'state') == 'queued' and move(id, 'running') then
    redis.call('HINCRBY', job_key(id), 'attempt', 1)
    set(id, 'run', run, 'worker', worker, 'started_ms', now, 'deadline_ms', now + stage_limit)
    redis.call('ZADD', RUNNING, now + lease, id)
    changed(id)
    claimed[#claimed + 1] = id
  end
  if suspect then
    break
  end
end
if #claimed > 0 then
  count('batches:' .. stage, 1)
  count('claimed:' .. stage, #claimed)
end
return claimed
