-- ARGV: how many at the most ; forgets the ended jobs whose time is over, and answers their ids. Those that still wait
-- or run get their time when they end. Looked at and forgotten in one step: a job that is extended or queued again
-- meanwhile stays.
local due = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', Key.EXPIRES, '-inf', now_ms(), 'LIMIT', 0, ARGV[1])) do
  if ENDED[get(id, 'state')] then
    forget(id)
    due[#due + 1] = id
  else
    redis.call('ZREM', Key.EXPIRES, id)
  end
end
return due
