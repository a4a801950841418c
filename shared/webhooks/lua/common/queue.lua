-- The queue of deliveries: each host has one of its own, and one delivery of a host is in flight at a time.

local HOSTS_DUE = 'relief:news' -- zset: host that deliveries wait for -> when it is its turn, ms
local HOSTS_IN_FLIGHT = 'relief:news-told' -- zset: host -> when another may take it over, ms; never in HOSTS_DUE too
local LAST_DELIVERY = 'relief:news-made' -- number of the latest delivery

-- hash of one delivery.
local function delivery_key(number)
  return 'relief:news:' .. number
end

-- zset of the deliveries for one host: number -> when to deliver, ms.
local function host_queue_key(host)
  return 'relief:letters:' .. host
end

-- Nothing is in flight to the host any longer: its next delivery waits, behind all hosts that are due already.
local function release_host(host)
  redis.call('ZREM', HOSTS_IN_FLIGHT, host)
  local next_delivery = redis.call('ZRANGE', host_queue_key(host), 0, 0, 'WITHSCORES')
  if next_delivery[1] then
    redis.call('ZADD', HOSTS_DUE, math.max(now_ms(), tonumber(next_delivery[2])), host)
  end
end

-- Queue a delivery to the webhook (JSON, or false where there is none), if it asks for this state of the job.
local function enqueue_delivery(webhook, job_id, state)
  local hook = webhook and cjson.decode(webhook) or { events = {} }
  for _, event in ipairs(hook.events) do
    if event == state then
      local number, now = redis.call('INCR', LAST_DELIVERY), now_ms()
      local host = string.match(string.lower(hook.url), '^%w+://[^/?#]+') or hook.url -- with scheme and port
      local row = { 'job', job_id, 'state', state, 'at_ms', now, 'host', host, 'attempt', 0 }
      redis.call('HSET', delivery_key(number), 'url', hook.url, 'secret', hook.secret, 'link', hook.link, unpack(row))
      redis.call('ZADD', host_queue_key(host), now, number)
      if not redis.call('ZSCORE', HOSTS_IN_FLIGHT, host) then
        redis.call('ZADD', HOSTS_DUE, 'LT', now, host)
      end
    end
  end
end
