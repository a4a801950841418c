-- ARGV: number, attempt, ms ; puts a delivery off for so long, or removes it where ms is ''. Then its host is free.
local number, attempt, wait_ms = ARGV[1], ARGV[2], ARGV[3]
local row = delivery_key(number)
if redis.call('HGET', row, 'attempt') ~= attempt then
  return -- it took too long: another one has it, or had it
end
local host = redis.call('HGET', row, 'host')
if wait_ms == '' then
  redis.call('DEL', row)
  redis.call('ZREM', host_queue_key(host), number)
else
  redis.call('ZADD', host_queue_key(host), now_ms() + tonumber(wait_ms), number)
end
release_host(host)
