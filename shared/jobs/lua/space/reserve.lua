-- ARGV: id, owner, group, bytes, ms after which the reservation ends by itself
-- Reserves space for a job, in place of what was reserved for it before.
-- Answer: bytes reserved (for this job and for all that came before), bytes to come of the jobs that wait or run, and
-- the bytes of stored jobs with both of these: of all, of the owner, of the group.
local id, owner, group, bytes, now = ARGV[1], ARGV[2], ARGV[3], ARGV[4], now_ms()
for _, late in ipairs(redis.call('ZRANGEBYSCORE', Key.RESERVED_UNTIL, '-inf', now)) do
  redis.call('ZREM', Key.RESERVED_UNTIL, late)
  redis.call('HDEL', Key.RESERVED, late)
end
redis.call('ZADD', Key.RESERVED_UNTIL, now + tonumber(ARGV[5]), id)
redis.call('HSET', Key.RESERVED, id, cjson.encode({ owner = owner, group = group, bytes = tonumber(bytes) }))

local function counted(whose)
  return tonumber(redis.call('HGET', Key.BYTES, whose) or '0')
end

local reserved, of_all, of_owner, of_group = 0, counted('all'), counted('owner:' .. owner), counted('group:' .. group)
for _, text in ipairs(redis.call('HVALS', Key.RESERVED)) do
  local each = cjson.decode(text)
  reserved = reserved + each.bytes
  of_owner = of_owner + (each.owner == owner and each.bytes or 0)
  of_group = of_group + (each.group == group and each.bytes or 0)
end
return { reserved, counted('coming'), of_all + reserved, of_owner, of_group }
