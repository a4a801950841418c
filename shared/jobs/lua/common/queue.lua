-- The queue of each stage: owners take turns, and each owner's jobs wait in the order of their positions. And how a job
-- is forgotten.

local function turns_key(stage)
  return Key.TURNS .. stage
end

local function queue_key(stage, owner)
  return Key.QUEUE .. stage .. ':' .. owner
end

local function next_turn(stage, owner)
  redis.call('ZADD', turns_key(stage), redis.call('INCR', Key.LAST_TURN), owner)
end

-- Put a job at its position in its owner's queue.
local function enqueue(id)
  local stage, owner = get(id, 'stage'), get(id, 'owner')
  if not redis.call('ZSCORE', turns_key(stage), owner) then
    next_turn(stage, owner)
  end
  redis.call('ZADD', queue_key(stage, owner), get(id, 'place'), id)
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

local function dequeue(id)
  local stage, owner = get(id, 'stage'), get(id, 'owner')
  local queue = queue_key(stage, owner)
  redis.call('ZREM', queue, id)
  if redis.call('ZCARD', queue) == 0 then
    redis.call('ZREM', turns_key(stage), owner)
  end
end

-- How many jobs of all owners wait for the stage.
local function waiting(stage)
  local all = 0
  for _, owner in ipairs(redis.call('ZRANGE', turns_key(stage), 0, -1)) do
    all = all + redis.call('ZCARD', queue_key(stage, owner))
  end
  return all
end

-- How many jobs of one owner wait, for any stage.
local function waiting_of(owner)
  local all = 0
  for _, stage in ipairs(Stage) do
    all = all + redis.call('ZCARD', queue_key(stage, owner))
  end
  return all
end

-- The name of the limit that one more waiting job of this owner would pass, if any.
local function passed_limit(owner, limits)
  local all = 0
  for _, stage in ipairs(Stage) do
    all = all + waiting(stage)
  end
  return (all >= limits.all_waiting and 'all_waiting')
    or (waiting_of(owner) >= limits.owner_waiting and 'owner_waiting')
end

-- Remove every trace of the job. A run that still works on it loses its claim.
local function forget(id)
  if get(id, 'state') == State.QUEUED then
    dequeue(id)
  end
  for _, list in ipairs({ Key.LEASES, Key.GIVEN_UP, Key.JOBS, Key.EXPIRES, Key.OWNED .. get(id, 'owner') }) do
    redis.call('ZREM', list, id)
  end
  release_pixels(id)
  unshare(id)
  forget_news(id)
  remove_files(id)
  redis.call('DEL', job_key(id))
  redis.call('PUBLISH', Key.CHANGED, id)
end

