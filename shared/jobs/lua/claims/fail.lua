-- ARGV: id, run, error as JSON ; 1 where the run held the job.
local id, run, problem = ARGV[1], ARGV[2], ARGV[3]
if not holds(id, run) then
  return 0
end
end_run(id)
fail(id, problem)
changed(id)
return 1
