-- The queue of each stage. Client groups take turns (all visitors of an address are one, each API key is one), within a
-- group its owners do, and each owner's jobs wait in the order of their positions. An owner waits for a stage in one
-- group only: the one of the job that came first. And how a job is forgotten.

-- The last turn of all for a new member ('NX'), or for one that is there ('XX').
local function next_turn(members, when, member)
  redis.call('ZADD', members, when, redis.call('INCR', Key.LAST_TURN), member)
end

local function enter(stage, owner, group)
  redis.call('HSET', Key.GROUP_OF .. stage, owner, group)
  next_turn(owners_key(stage, group), 'NX', owner)
  next_turn(groups_key(stage), 'NX', group)
end

-- The release before, which may still be running beside this one, has owners alone take turns: each becomes a group.
local function adopt(stage)
  for _, owner in ipairs(redis.call('ZRANGE', Key.OLD_TURNS .. stage, 0, -1)) do
    local group, all = group_at(stage, owner) or owner, 0
    enter(stage, owner, group)
    for _, each in ipairs(redis.call('ZRANGE', owners_key(stage, group), 0, -1)) do
      all = all + redis.call('ZCARD', queue_key(stage, each))
    end
    redis.call('HSET', Key.WAITING .. stage, group, all)
    settle(stage, owner)
  end
  redis.call('DEL', Key.OLD_TURNS .. stage)
end

for _, stage in ipairs(Stage) do
  if redis.call('EXISTS', Key.OLD_TURNS .. stage) == 1 then
    adopt(stage)
  end
end

-- Put a job at its position in its owner's queue.
local function enqueue(id)
  local stage, owner = get(id, 'stage'), get(id, 'owner')
  local group = group_at(stage, owner) or group_of(id)
  enter(stage, owner, group)
  local new = redis.call('ZADD', queue_key(stage, owner), get(id, 'place'), id)
  redis.call('HINCRBY', Key.WAITING .. stage, group, new)
  settle(stage, owner)
end

local function enqueue_last(id)
  set(id, 'place', redis.call('INCR', Key.LAST_POSITION))
  enqueue(id)
end

-- A job whose run ended without a result waits at its old position.
local function queue_again(id)
  move(id, State.QUEUED)
  set(id, 'queued_ms', now_ms())
  enqueue(id)
end

-- Take a job, if it is there, out of its owner's queue. With the last one the owner leaves, and with them the group.
local function remove(stage, owner, id)
  local group, queue = group_at(stage, owner), queue_key(stage, owner)
  if not group then
    return
  end
  redis.call('HINCRBY', Key.WAITING .. stage, group, -redis.call('ZREM', queue, id))
  if redis.call('EXISTS', queue) == 0 then
    redis.call('ZREM', owners_key(stage, group), owner)
    redis.call('HDEL', Key.GROUP_OF .. stage, owner)
  end
  if redis.call('EXISTS', owners_key(stage, group)) == 0 then
    redis.call('ZREM', groups_key(stage), group)
    redis.call('HDEL', Key.WAITING .. stage, group)
  end
  settle(stage, owner)
end

local function dequeue(id)
  redis.call('ZREM', Key.PUT_OFF, id)
  remove(get(id, 'stage'), get(id, 'owner'), id)
end

-- The name of the limit that one more waiting job of this owner would pass, if any. Beyond what one owner may have, a
-- group has as many as are free at the most: one alone half of all, and whoever comes later finds some.
local function passed_limit(stage, owner, group, limits)
  local own, of_group, all = waiting_of(owner, group_at(stage, owner) or group)
  return (all >= limits.all_waiting and 'all_waiting')
    or (own >= limits.owner_waiting and 'owner_waiting')
    or (of_group >= math.max(limits.owner_waiting, limits.all_waiting - all) and 'group_waiting')
end

-- Remove every trace of the job. A run that still works on it loses its claim.
local function forget(id)
  if get(id, 'state') == State.QUEUED then
    dequeue(id)
  end
  count_bytes(id, 0, 0)
  for _, list in ipairs({ Key.LEASES, Key.GIVEN_UP, Key.JOBS, Key.EXPIRES, Key.OWNED .. get(id, 'owner') }) do
    redis.call('ZREM', list, id)
  end
  release_pixels(id)
  unshare(id)
  forget_news(id)
  remove_files(id)
  forget_idempotency(id)
  redis.call('DEL', job_key(id))
  redis.call('PUBLISH', Key.CHANGED, id)
end

