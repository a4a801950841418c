-- ARGV: id, run, 1 where the attempt counts or 0 ; the run gives the job back to its position in the queue.
local id, run, counts = ARGV[1], ARGV[2], ARGV[3]
if not holds(id, run) then
  return 0
end
end_run(id)
move(id, State.QUEUED)
if counts == '0' then
  redis.call('HINCRBY', job_key(id), 'attempt', -1)
else
  count('retried:' .. get(id, 'stage'), 1)
end
set(id, 'queued_ms', now_ms())
enqueue(id)
changed(id)
return 1
