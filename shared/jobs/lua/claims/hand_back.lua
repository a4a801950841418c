-- ARGV: id, run ; the run gives the job back to its position in the queue; 1 where it held the job.
local id, run = ARGV[1], ARGV[2]
if not holds(id, run) then
  return 0
end
lose_run(id)
queue_again(id)
count('retried:' .. get(id, 'stage'), 1)
changed(id)
return 1
