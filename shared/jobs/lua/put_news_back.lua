-- ARGV: number, attempt, ms ; puts news off for so long, or strikes it off where ms is '' ; then it is the next host's turn.
local number, attempt, wait_ms = ARGV[1], ARGV[2], ARGV[3]
local row = NEWS .. ':' .. number
if redis.call('HGET', row, 'attempt') ~= attempt then
  return -- it took too long: another one has it, or had it
end
local host = redis.call('HGET', row, 'host')
if wait_ms == '' then
  redis.call('DEL', row)
  redis.call('ZREM', letters_key(host), number)
else
  redis.call('ZADD', letters_key(host), now_ms() + tonumber(wait_ms), number)
end
next_turn(host)
