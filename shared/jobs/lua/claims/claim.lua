-- ARGV: stage, limit, lease ms, stage limit ms, run, worker, 1 to take jobs that are retried after a crash or 0, pixels
-- that all photos held may have (the first is taken whatever it has), pixels held already
-- Answer: the ids of the claimed jobs, fairly by client group, then by owner.
-- A job that is retried after a crash runs alone, so that a poison photo takes no neighbour with it.
local stage, limit, lease, stage_limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local run, worker, take_retried = ARGV[5], ARGV[6], ARGV[7] == '1'
local most_pixels, pixels = tonumber(ARGV[8]), tonumber(ARGV[9])
local now, claimed = now_ms(), {}

local function first(members)
  return redis.call('ZRANGE', members, 0, 0)[1]
end

while #claimed < limit do
  local group = first(groups_key(stage))
  if not group then
    break
  end
  local owner = first(owners_key(stage, group))
  local id = first(queue_key(stage, owner))
  local retried = id and tonumber(get(id, 'attempt') or '0') > 0
  local more = id and tonumber(get(id, 'pixels') or '0') or 0
  if retried and (not take_retried or #claimed > 0) or pixels > 0 and pixels + more > most_pixels then
    break
  end
  remove(stage, owner, id or '')
  next_turn(owners_key(stage, group), 'XX', owner)
  next_turn(groups_key(stage), 'XX', group)
  if id and get(id, 'stage') == stage and move(id, State.RUNNING) then
    redis.call('HINCRBY', job_key(id), 'attempt', 1)
    set(id, 'run', run, 'worker', worker, 'started_ms', now, 'deadline_ms', now + stage_limit)
    redis.call('ZADD', Key.LEASES, now + lease, id)
    changed(id)
    claimed[#claimed + 1] = id
    pixels = pixels + more
  end
  if retried then
    break
  end
end
local cost = usual_cost(stage)
for _, id in ipairs(cost and claimed or {}) do
  set(id, 'expected_s', #claimed * cost) -- they end together
end
if #claimed > 0 then
  count('batches:' .. stage, 1)
  count('claimed:' .. stage, #claimed)
end
return claimed
