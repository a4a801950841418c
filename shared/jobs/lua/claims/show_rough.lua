-- ARGV: id, run, file as JSON ; the job's rough point cloud, until its points are there; 1 where the run held the job.
local id, run, file = ARGV[1], ARGV[2], ARGV[3]
if not holds(id, run) then
  return 0
end
set(id, 'rough', file)
changed(id)
return 1
