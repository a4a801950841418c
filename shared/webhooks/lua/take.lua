-- ARGV: ms ; a delivery that is due, its host hidden from others for so long: its number, then field, value, ...
local now = now_ms()
for _, host in ipairs(redis.call('ZRANGEBYSCORE', HOSTS_IN_FLIGHT, '-inf', now)) do
  release_host(host) -- whoever delivered to it died
end
local host = redis.call('ZRANGEBYSCORE', HOSTS_DUE, '-inf', now, 'LIMIT', 0, 1)[1]
if not host then
  return false
end
redis.call('ZREM', HOSTS_DUE, host)
redis.call('ZADD', HOSTS_IN_FLIGHT, now + tonumber(ARGV[1]), host)
local number = redis.call('ZRANGE', host_queue_key(host), 0, 0)[1]
redis.call('HINCRBY', delivery_key(number), 'attempt', 1)
local row = redis.call('HGETALL', delivery_key(number))
table.insert(row, 1, number)
return row
