-- ARGV: id ; its results are kept for the whole time from now on. 1 where there is such a job.
local id = ARGV[1]
if redis.call('EXISTS', job_key(id)) == 0 then
  return 0
end
keep(id)
changed(id)
return 1
