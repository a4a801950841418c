-- ARGV: ms ; news of a host that is due, and the host hidden from others for so long: its number, then field, value, ...
local now = now_ms()
for _, host in ipairs(redis.call('ZRANGEBYSCORE', TOLD, '-inf', now)) do
  next_turn(host) -- whoever told it died
end
local host = redis.call('ZRANGEBYSCORE', NEWS, '-inf', now, 'LIMIT', 0, 1)[1]
if not host then
  return false
end
redis.call('ZREM', NEWS, host)
redis.call('ZADD', TOLD, now + tonumber(ARGV[1]), host)
local number = redis.call('ZRANGE', letters_key(host), 0, 0)[1]
redis.call('HINCRBY', NEWS .. ':' .. number, 'attempt', 1)
local row = redis.call('HGETALL', NEWS .. ':' .. number)
table.insert(row, 1, number)
return row
