-- The queue of deliveries. Client groups take turns, and so do the hosts of each group; a group has few deliveries in
-- flight, and one to each host. What one group's hosts do, or do not, is thus its own affair.

local GROUPS_DUE = 'relief:news-turns' -- zset: group that may have one more in flight -> when it is its turn, ms
local IN_FLIGHT = 'relief:news-in-flight' -- zset: number and group -> when another may take it over, ms
local LAST_DELIVERY = 'relief:news-made' -- number of the latest delivery
local WAITING = 'relief:news-waiting' -- hash: group, and apart from it host -> how many deliveries wait
local MOST_IN_FLIGHT = 8 -- of one group
local MOST_WAITING = { group = 1000, host = 5000 } -- some 2 KB each
local SILENCE_KEPT_MS = 3600000

-- hash of one delivery.
local function delivery_key(number)
  return 'relief:news:' .. number
end

-- zset of the hosts that a group's deliveries wait for, but those with one in flight: host -> when it is its turn, ms.
local function hosts_key(group)
  return 'relief:news-hosts:' .. group
end

-- hash of the hosts with a delivery of the group in flight: host -> number.
local function busy_key(group)
  return 'relief:news-busy:' .. group
end

-- set of the numbers in flight of a group, those of deleted jobs too: they take up the sender.
local function flights_key(group)
  return 'relief:news-flights:' .. group
end

-- zset of the deliveries of one group for one host: number -> when to deliver, ms.
local function letters_key(group, host)
  return 'relief:letters:' .. group .. ' ' .. host
end

-- set of the deliveries of one job.
local function news_of_key(job_id)
  return 'relief:news-of:' .. job_id
end

-- hash: how often in a row the host was silent to the group, and until when it is left alone, ms. The key does not name
-- the host, since it outlives the job.
local function silence_key(group, host)
  return 'relief:news-silent:' .. redis.sha1hex(group .. ' ' .. host)
end

-- The group's turn comes when that of one of its hosts does, and never later than was said before.
local function plan_group(group)
  local first = redis.call('ZRANGE', hosts_key(group), 0, 0, 'WITHSCORES')
  if first[1] and redis.call('SCARD', flights_key(group)) < MOST_IN_FLIGHT then
    redis.call('ZADD', GROUPS_DUE, 'LT', math.max(now_ms(), tonumber(first[2])), group)
  else
    redis.call('ZREM', GROUPS_DUE, group)
  end
end

-- The host's turn comes with its first delivery, unless one is in flight or the host was silent lately.
local function plan_host(group, host)
  local first = redis.call('ZRANGE', letters_key(group, host), 0, 0, 'WITHSCORES')
  if first[1] and redis.call('HEXISTS', busy_key(group), host) == 0 then
    local silent_until = redis.call('HGET', silence_key(group, host), 'until') or '0'
    local turn = math.max(now_ms(), tonumber(first[2]), tonumber(silent_until))
    redis.call('ZADD', hosts_key(group), 'LT', turn, host)
  else
    redis.call('ZREM', hosts_key(group), host)
  end
  plan_group(group)
end

local function count_waiting(kind, name, change)
  local field = kind .. ' ' .. name
  if redis.call('HINCRBY', WAITING, field, change) <= 0 then
    redis.call('HDEL', WAITING, field)
  end
end

-- The name of the limit that one more delivery would pass, if any.
local function passed_news_limit(names)
  for kind, most in pairs(MOST_WAITING) do
    if tonumber(redis.call('HGET', WAITING, kind .. ' ' .. names[kind]) or '0') >= most then
      return kind
    end
  end
end

-- A delivery whose row is written waits from now on.
local function add_delivery(number, group, host, job_id, due)
  redis.call('HSET', delivery_key(number), 'group', group)
  redis.call('ZADD', letters_key(group, host), due, number)
  redis.call('SADD', news_of_key(job_id), number)
  count_waiting('group', group, 1)
  count_waiting('host', host, 1)
  plan_host(group, host)
end

-- Nothing of a delivery stays, but that it is in flight, if it is.
local function drop_delivery(number)
  local group, host, job_id = unpack(redis.call('HMGET', delivery_key(number), 'group', 'host', 'job'))
  redis.call('DEL', delivery_key(number))
  if not group then
    return
  end
  redis.call('SREM', news_of_key(job_id), number)
  redis.call('ZREM', letters_key(group, host), number)
  count_waiting('group', group, -1)
  count_waiting('host', host, -1)
  if redis.call('HGET', busy_key(group), host) == number then
    redis.call('HDEL', busy_key(group), host)
  end
  redis.call('ZREM', hosts_key(group), host)
  plan_host(group, host)
end

-- Whoever delivered it is done, or dead.
local function end_flight(number, group)
  redis.call('ZREM', IN_FLIGHT, number .. ' ' .. group)
  redis.call('SREM', flights_key(group), number)
  local host = redis.call('HGET', delivery_key(number), 'host')
  if host and redis.call('HGET', busy_key(group), host) == number then
    redis.call('HDEL', busy_key(group), host)
    plan_host(group, host)
  end
  plan_group(group)
end

-- All news of a job that is deleted goes with it.
local function forget_news(job_id)
  for _, number in ipairs(redis.call('SMEMBERS', news_of_key(job_id))) do
    drop_delivery(number)
  end
  redis.call('DEL', news_of_key(job_id))
end

-- Queue a delivery to the webhook (JSON, or false where there is none), if it asks for this state of the job. Gives the
-- limit that forbids it, if one does: what waits already is not given up for what is new.
local function enqueue_delivery(webhook, job_id, state, group, request_id)
  local hook = webhook and cjson.decode(webhook) or { events = {} }
  for _, event in ipairs(hook.events) do
    if event == state then
      local host = string.match(string.lower(hook.url), '^%w+://[^/?#]+') or hook.url -- with scheme and port
      local passed = passed_news_limit({ group = group, host = host })
      if passed then
        return passed
      end
      local number, now = redis.call('INCR', LAST_DELIVERY), now_ms()
      local row = { 'job', job_id, 'state', state, 'at_ms', now, 'host', host, 'attempt', 0 }
      redis.call('HSET', delivery_key(number), 'url', hook.url, 'secret', hook.secret, 'link', hook.link, unpack(row))
      redis.call('HSET', delivery_key(number), 'request_id', request_id or '-')
      add_delivery(number, group, host, job_id, now)
    end
  end
end
