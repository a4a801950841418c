-- ARGV: attempts allowed, error as JSON for a job given up, how many jobs at the most
-- Jobs whose lease ran out wait at their position again, or are given up and kept in a list for operators. Jobs that
-- waited long enough for storage are in their queue again.
-- Answer: those that wait again, and those given up, of each its id and that of its request; 1 where there may be more.
local attempts, problem, most = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local now, recovered, given_up = now_ms(), {}, {}
local late = redis.call('ZRANGEBYSCORE', Key.LEASES, '-inf', now, 'LIMIT', 0, most)
for _, id in ipairs(late) do
  lose_run(id)
  if get(id, 'state') == State.RUNNING then
    if tonumber(get(id, 'attempt')) >= attempts then
      fail(id, problem)
      redis.call('ZADD', Key.GIVEN_UP, now, id)
      given_up[#given_up + 1] = { id, get(id, 'request_id') or '-' }
    else
      queue_again(id)
      recovered[#recovered + 1] = { id, get(id, 'request_id') or '-' }
      count('recovered:' .. get(id, 'stage'), 1)
    end
    changed(id)
  end
end
local put_off = redis.call('ZRANGEBYSCORE', Key.PUT_OFF, '-inf', now, 'LIMIT', 0, most)
for _, id in ipairs(put_off) do
  redis.call('ZREM', Key.PUT_OFF, id)
  enqueue(id)
  changed(id)
end
return { recovered, given_up, math.max(#late, #put_off) == most and 1 or 0 }
