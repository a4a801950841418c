-- ARGV: ms ; news that is due, hidden from others for so long: its number, then field, value, ... or nothing.
local now = now_ms()
local number = redis.call('ZRANGEBYSCORE', NEWS, '-inf', now, 'LIMIT', 0, 1)[1]
if not number then
  return false
end
redis.call('ZADD', NEWS, now + tonumber(ARGV[1]), number)
redis.call('HINCRBY', NEWS .. ':' .. number, 'attempt', 1)
local row = redis.call('HGETALL', NEWS .. ':' .. number)
table.insert(row, 1, number)
return row
