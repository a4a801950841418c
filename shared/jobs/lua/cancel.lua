-- ARGV: id ; 'canceled'; 'kept' where the job has its depth: then it is again what it was before the run that is canceled;
-- else the state that does not allow it, or nothing where there is no such job.
local id = ARGV[1]
local state = get(id, 'state')
if not state then
  return false
end
if state == 'canceled' then
  return 'canceled'
elseif not (state == 'queued' or state == 'running') then
  return state
end
if state == 'queued' then
  leave_line(id)
end
end_run(id)
local reached = false
for _, stage in ipairs({ 'depth', 'model', 'export' }) do
  local files = get(id, stage .. '_files')
  if files and files ~= '[]' then
    reached = stage
  end
end
local made_with = get(id, 'made_with')
if reached then
  move(id, 'succeeded')
  if made_with then
    set(id, 'model', made_with)
    redis.call('HDEL', job_key(id), 'made_with')
  end
  set(id, 'stage', reached, 'progress', '1')
else
  move(id, 'canceled')
  release_pixels(id)
  unshare(id)
end
ended(id)
changed(id)
return reached and 'kept' or 'canceled'
