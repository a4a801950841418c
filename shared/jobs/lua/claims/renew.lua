-- ARGV: id, run, lease ms ; 1 where the run still holds the job, 0 where it lost it or is past its deadline.
local id, run, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
local now = now_ms()
if not holds(id, run) or now > tonumber(get(id, 'deadline_ms')) then
  return 0
end
redis.call('ZADD', Key.LEASES, now + lease, id)
return 1
