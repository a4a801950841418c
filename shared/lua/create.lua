-- ARGV: id, then field, value, ... ; 1 where the job was made, 0 where it was there already.
local id = ARGV[1]
if redis.call('EXISTS', job_key(id)) == 1 then
  return 0
end
local now = now_ms()
redis.call('HSET', job_key(id), unpack(ARGV, 2))
set(id, 'id', id, 'state', 'queued', 'progress', '0', 'attempt', '0', 'run', '', 'created_ms', now, 'queued_ms', now)
new_place(id)
stand_in_line(id)
redis.call('ZADD', JOBS, now, id)
count('accepted', 1)
changed(id)
return 1
