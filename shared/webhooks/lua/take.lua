-- ARGV: ms ; a delivery that is due, for the caller alone for so long: its number, how often in a row its host was
-- silent, then field, value, ...
local now = now_ms()
for _, flight in ipairs(redis.call('ZRANGEBYSCORE', IN_FLIGHT, '-inf', now)) do
  end_flight(string.match(flight, '^(%d+) (.*)$')) -- whoever delivered it died
end
while true do
  local group = redis.call('ZRANGEBYSCORE', GROUPS_DUE, '-inf', now, 'LIMIT', 0, 1)[1]
  if not group then
    return false
  end
  redis.call('ZREM', GROUPS_DUE, group)
  local host = redis.call('ZRANGEBYSCORE', hosts_key(group), '-inf', now, 'LIMIT', 0, 1)[1]
  local number = host and redis.call('ZRANGE', letters_key(group, host), 0, 0)[1]
  if number then
    redis.call('HSET', busy_key(group), host, number)
    redis.call('ZADD', IN_FLIGHT, now + tonumber(ARGV[1]), number .. ' ' .. group)
    redis.call('SADD', flights_key(group), number)
    redis.call('HINCRBY', delivery_key(number), 'attempt', 1)
  end
  if host then
    plan_host(group, host)
  else
    plan_group(group) -- what was due is deleted
  end
  if number then
    local row = redis.call('HGETALL', delivery_key(number))
    return { number, redis.call('HGET', silence_key(group, host), 'times') or '0', unpack(row) }
  end
end
