-- Shared by every script: keys, the clock, the table of transitions, and the place of a job in the queue.
-- The clock is Redis's own, so that a wrong clock on a worker cannot end or prolong a lease.

local P = 'relief:'
local RUNNING = P .. 'running' -- zset: job id -> when its lease runs out, ms
local DEAD = P .. 'dead' -- zset: jobs given up after too many attempts -> when, ms
local JOBS = P .. 'jobs' -- zset: every job id -> when it was created, ms

local EXPIRES = P .. 'expires' -- zset: job id -> when its results go, ms
local PIXELS = P .. 'pixels' -- hash: owner -> pixels of all photos that are stored

local SHARES = P .. 'shares' -- hash: token -> id of the job that whoever has the token may read

local NEWS = P .. 'news' -- zset: host that webhooks wait for -> when it is its turn, ms; news itself is in news:<number>
local TOLD = P .. 'news-told' -- zset: host that is being told -> when another one may take it over, ms; never in NEWS too

local TRANSITIONS = {
  queued = { running = true, succeeded = true, failed = true, canceled = true },
  running = { queued = true, running = true, succeeded = true, failed = true, canceled = true },
  succeeded = { queued = true },
  failed = { queued = true },
  canceled = {},
}

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function job_key(id)
  return P .. 'job:' .. id
end

local function get(id, field)
  return redis.call('HGET', job_key(id), field)
end

local function set(id, ...)
  redis.call('HSET', job_key(id), ...)
end

-- Everyone who watches the job hears that it changed; its version is the ETag of its document.
local function changed(id)
  redis.call('HINCRBY', job_key(id), 'version', 1)
  redis.call('PUBLISH', P .. 'changed', id)
end

-- zset of the owners who have jobs waiting for the stage -> whose turn it is; the lowest is next.
local function ring_key(stage)
  return P .. 'ring:' .. stage
end

-- zset of one owner's waiting jobs -> their places; the lowest is next.
local function line_key(stage, owner)
  return P .. 'line:' .. stage .. ':' .. owner
end

-- zset of all jobs of an owner -> a number that rises from job to job.
local function owned_key(owner)
  return P .. 'owned:' .. owner
end

local function move(id, state)
  local from = get(id, 'state')
  if not from or not TRANSITIONS[from][state] then
    return false
  end
  set(id, 'state', state)
  return true
end

local function stand_in_line(id)
  local stage, owner = get(id, 'stage'), get(id, 'owner')
  local ring = ring_key(stage)
  if not redis.call('ZSCORE', ring, owner) then
    redis.call('ZADD', ring, redis.call('INCR', P .. 'turn'), owner)
  end
  redis.call('ZADD', line_key(stage, owner), get(id, 'place'), id)
end

local function leave_line(id)
  local stage, owner = get(id, 'stage'), get(id, 'owner')
  local line = line_key(stage, owner)
  redis.call('ZREM', line, id)
  if redis.call('ZCARD', line) == 0 then
    redis.call('ZREM', ring_key(stage), owner)
  end
end

-- A new place at the end of the owner's line; the lower the rank, the sooner: interactive 0, batch 1.
local function new_place(id)
  local place = redis.call('INCR', P .. 'place') + 1e12 * (get(id, 'rank') or 0)
  set(id, 'place', string.format('%.0f', place))
end

-- How many jobs of all owners wait for the stage.
local function waiting(stage)
  local all = 0
  for _, owner in ipairs(redis.call('ZRANGE', ring_key(stage), 0, -1)) do
    all = all + redis.call('ZCARD', line_key(stage, owner))
  end
  return all
end

-- How many jobs of one owner wait, for any stage.
local function waiting_of(owner)
  local all = 0
  for _, stage in ipairs({ 'depth', 'model', 'export' }) do
    all = all + redis.call('ZCARD', line_key(stage, owner))
  end
  return all
end

-- The name of the limit that one more waiting job of this owner would pass, if any.
local function too_many_wait(owner, owner_waiting, all_waiting)
  local all = waiting('depth') + waiting('model') + waiting('export')
  return (all >= all_waiting and 'all_waiting') or (waiting_of(owner) >= owner_waiting and 'owner_waiting')
end

-- The time that results are kept begins anew.
local function keep(id)
  local expires = now_ms() + tonumber(get(id, 'keep_ms') or '86400000')
  set(id, 'expires_ms', string.format('%.0f', expires))
  redis.call('ZADD', EXPIRES, expires, id)
end

-- The photo no longer counts: it is deleted.
local function release_pixels(id)
  local owner, pixels = get(id, 'owner'), tonumber(get(id, 'pixels') or '0')
  if pixels > 0 and redis.call('HINCRBY', PIXELS, owner, -pixels) <= 0 then
    redis.call('HDEL', PIXELS, owner)
  end
  set(id, 'pixels', '0')
end

local function unshare(id)
  local token = get(id, 'share')
  if token then
    redis.call('HDEL', SHARES, token)
    redis.call('HDEL', job_key(id), 'share')
  end
end

-- Remove every trace of the job. A run that still works on it loses its claim.
local function forget(id)
  if get(id, 'state') == 'queued' then
    leave_line(id)
  end
  for _, list in ipairs({ RUNNING, DEAD, JOBS, EXPIRES, owned_key(get(id, 'owner')) }) do
    redis.call('ZREM', list, id)
  end
  release_pixels(id)
  unshare(id)
  redis.call('DEL', job_key(id))
  redis.call('PUBLISH', P .. 'changed', id)
end

-- zset of the news for one host: number -> when to tell it, ms.
local function letters_key(host)
  return P .. 'letters:' .. host
end

-- A host is no longer being told: its next news waits, behind all hosts that are due already.
local function next_turn(host)
  redis.call('ZREM', TOLD, host)
  local next_news = redis.call('ZRANGE', letters_key(host), 0, 0, 'WITHSCORES')
  if next_news[1] then
    redis.call('ZADD', NEWS, math.max(now_ms(), tonumber(next_news[2])), host)
  end
end

-- Put the job's new state on the list of what its webhook is to be told.
local function tell(id)
  local webhook, state = get(id, 'webhook'), get(id, 'state')
  if not webhook then
    return
  end
  local wish = cjson.decode(webhook)
  for _, event in ipairs(wish.events) do
    if event == state then
      local number, now = redis.call('INCR', P .. 'news-made'), now_ms()
      local host = string.match(string.lower(wish.url), '^%w+://[^/?#]+') or wish.url -- with scheme and port
      local row = NEWS .. ':' .. number
      redis.call('HSET', row, 'job', id, 'state', state, 'at_ms', now, 'url', wish.url, 'secret', wish.secret, 'link', wish.link, 'host', host, 'attempt', 0)
      redis.call('ZADD', letters_key(host), now, number)
      if not redis.call('ZSCORE', TOLD, host) then
        redis.call('ZADD', NEWS, 'LT', now, host)
      end
    end
  end
end

-- A job has come to its end, whichever.
local function ended(id)
  set(id, 'finished_ms', now_ms())
  keep(id)
  tell(id)
end

local function end_run(id)
  redis.call('ZREM', RUNNING, id)
  set(id, 'run', '')
end

-- Adds to one of the sums that /metrics tells.
local function count(name, amount)
  redis.call('HINCRBYFLOAT', P .. 'counters', name, amount)
end

-- True where this run is the one that holds the job.
local function holds(id, run)
  return run ~= '' and get(id, 'run') == run and get(id, 'state') == 'running'
end
