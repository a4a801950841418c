-- ARGV: id ; 1 where there was such a job. A run that still works on it loses its claim.
local id = ARGV[1]
if redis.call('EXISTS', job_key(id)) == 0 then
  return 0
end
if get(id, 'state') == 'queued' then
  leave_line(id)
end
redis.call('ZREM', RUNNING, id)
redis.call('ZREM', DEAD, id)
redis.call('ZREM', JOBS, id)
redis.call('ZREM', EXPIRES, id)
release_pixels(id)
unshare(id)
redis.call('ZREM', owned_key(get(id, 'owner')), id)
redis.call('DEL', job_key(id))
redis.call('PUBLISH', P .. 'changed', id)
return 1
