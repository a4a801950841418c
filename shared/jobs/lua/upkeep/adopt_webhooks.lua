-- The release before had one queue for all of a host's webhooks. What its processes put there waits here from now on.
local HOSTS = { 'relief:news', 'relief:news-told' } -- zsets: host -> when its turn is, or when its flight ends

local function adopt(host)
  local key = 'relief:letters:' .. host
  local letters = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  redis.call('DEL', key)
  for index = 1, #letters, 2 do
    local number, due = letters[index], letters[index + 1]
    local id = redis.call('HGET', delivery_key(number), 'job')
    local owner = id and get(id, 'owner')
    if owner then
      add_delivery(number, get(id, 'group') or owner, host, id, due)
    else
      redis.call('DEL', delivery_key(number)) -- its job is deleted
    end
  end
end

for index, key in ipairs(HOSTS) do
  for _, host in ipairs(redis.call('ZRANGEBYSCORE', key, '-inf', index == 1 and '+inf' or now_ms())) do
    redis.call('ZREM', key, host)
    adopt(host)
  end
end
