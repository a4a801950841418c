-- ARGV: id ; 1 where there was such a job.
local id = ARGV[1]
if redis.call('EXISTS', job_key(id)) == 0 then
  return 0
end
forget(id)
return 1
