-- ARGV: number, group, attempt, ms or '', ms or '' ; puts a delivery off for so long, or removes it where ms is ''. Its
-- host, if it was silent, is left alone for the last ms; '' says that it was not.
local number, group, attempt, wait_ms, silent_ms = unpack(ARGV)
local row = delivery_key(number)
local latest, host = unpack(redis.call('HMGET', row, 'attempt', 'host'))
if latest and latest ~= attempt then
  return -- it took too long: another one has it, or had it
end
if latest then
  local silence, now = silence_key(group, host), now_ms()
  if silent_ms == '' then
    redis.call('DEL', silence)
  else
    redis.call('HINCRBY', silence, 'times', 1)
    redis.call('HSET', silence, 'until', now + tonumber(silent_ms))
    redis.call('PEXPIRE', silence, SILENCE_KEPT_MS)
  end
  if wait_ms == '' then
    drop_delivery(number)
  else
    redis.call('ZADD', letters_key(group, host), now + tonumber(wait_ms), number)
  end
end
end_flight(number, group)
