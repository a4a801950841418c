-- ARGV: id
-- Answer: 'canceled'; 'kept' where the job has results: then it is again what it was before the run that is canceled;
-- else the state that does not allow it, or nothing where there is no such job.
local id = ARGV[1]
local state = get(id, 'state')
if not state then
  return false
elseif ENDED[state] then
  return state
end
if state == State.QUEUED then
  dequeue(id)
end
end_run(id)
local reached = false
for _, stage in ipairs(Stage) do
  if #(files_of(id, stage) or {}) > 0 then
    reached = stage
  end
end
if reached then
  move(id, State.SUCCEEDED)
  for _, stage in ipairs(Stage) do
    choose_as_made(id, stage)
  end
  set(id, 'stage', reached, 'progress', '1')
else
  move(id, State.CANCELED)
  release_pixels(id)
  remove_files(id)
  unshare(id)
end
ended(id)
changed(id)
return reached and 'kept' or State.CANCELED
