-- ARGV: id, run ; a worker that stops gives the job back to its old place, without counting the attempt.
local id, run = ARGV[1], ARGV[2]
if not holds(id, run) then
  return 0
end
end_run(id)
move(id, 'queued')
redis.call('HINCRBY', job_key(id), 'attempt', -1)
stand_in_line(id)
changed(id)
return 1
