-- How many jobs wait: of each owner, of each client group, and for each stage. The owners' queues are the truth; what
-- changes one settles the counts, so that no question walks all who wait.

local function groups_key(stage)
  return Key.GROUPS .. stage
end

local function owners_key(stage, group)
  return Key.OWNERS .. stage .. ':' .. group
end

local function queue_key(stage, owner)
  return Key.QUEUE .. stage .. ':' .. owner
end

local function owner_jobs_key(stage, group)
  return Key.OWNER_JOBS .. stage .. ':' .. group
end

-- Where an owner waits for the stage, if they do.
local function group_at(stage, owner)
  return redis.call('HGET', Key.GROUP_OF .. stage, owner)
end

local function counted(counts, member)
  return tonumber(redis.call('ZSCORE', counts, member) or '0')
end

-- Whoever has no job is not among the counts.
local function add_count(counts, member, change)
  if tonumber(redis.call('ZINCRBY', counts, change, member)) <= 0 then
    redis.call('ZREM', counts, member)
  end
end

-- From now on so many jobs of an owner are counted, in this group; answers whether that is news.
local function count_jobs(stage, owner, group, jobs)
  local change = jobs - counted(owner_jobs_key(stage, group), owner)
  if change == 0 then
    return false
  end
  add_count(owner_jobs_key(stage, group), owner, change)
  add_count(Key.GROUP_JOBS .. stage, group, change)
  add_count(Key.ALL_JOBS, stage, change)
  return true
end

-- Since when the first job of an owner waits; answers whether that is news.
local function note_oldest(stage, owner, first)
  if first then
    return redis.call('ZADD', Key.OLDEST .. stage, 'CH', get(first, 'queued_ms') or now_ms(), owner) == 1
  end
  return redis.call('ZREM', Key.OLDEST .. stage, owner) == 1
end

-- Make true what is counted of an owner; answers whether something was not.
local function settle(stage, owner)
  local queue, group = queue_key(stage, owner), group_at(stage, owner)
  local before = redis.call('HGET', Key.COUNTED_IN .. stage, owner)
  local news = note_oldest(stage, owner, redis.call('ZRANGE', queue, 0, 0)[1])
  if before and before ~= group then
    news = count_jobs(stage, owner, before, 0) or news
    redis.call('HDEL', Key.COUNTED_IN .. stage, owner)
  end
  if group and before ~= group then
    redis.call('HSET', Key.COUNTED_IN .. stage, owner, group)
  end
  return group and count_jobs(stage, owner, group, redis.call('ZCARD', queue)) or news
end

-- How many jobs of all owners wait for the stage.
local function waiting(stage)
  return counted(Key.ALL_JOBS, stage)
end

-- How many jobs wait, for any stage: of one owner, of all owners of a group, and of all.
local function waiting_of(owner, group)
  local own, of_group, all = 0, 0, 0
  for _, stage in ipairs(Stage) do
    own = own + redis.call('ZCARD', queue_key(stage, owner))
    of_group = of_group + counted(Key.GROUP_JOBS .. stage, group)
    all = all + waiting(stage)
  end
  return own, of_group, all
end

