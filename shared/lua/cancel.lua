-- ARGV: id ; 'canceled', or the state that does not allow it, or nothing where there is no such job.
local id = ARGV[1]
local state = get(id, 'state')
if not state then
  return false
end
if state == 'queued' then
  leave_line(id)
end
if not move(id, 'canceled') then
  return state
end
end_run(id)
set(id, 'finished_ms', now_ms(), 'progress', get(id, 'progress'))
changed(id)
return 'canceled'
