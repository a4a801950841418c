-- ARGV: id, stage, rank, limits owner_waiting and all_waiting, settings of the 3D model, steps.
-- A user asks for another run of a stage of a job that has ended.
-- Answer: 'queued', the state that does not allow it, the name of the limit that is reached, or nothing where there is no
-- such job.
local id, stage = ARGV[1], ARGV[2]
local state = get(id, 'state')
if not state then
  return false
end
if not (state == 'succeeded' or state == 'failed') then
  return state
end
local passed = too_many_wait(get(id, 'owner'), tonumber(ARGV[4]), tonumber(ARGV[5]))
if passed then
  return passed
end
if get(id, 'model_s') then -- until the new 3D model is there, the old one was made with these
  redis.call('HSETNX', job_key(id), 'made_with', get(id, 'model'))
end
move(id, 'queued')
redis.call('ZREM', DEAD, id)
redis.call('HDEL', job_key(id), 'error', 'finished_ms')
set(id, 'stage', stage, 'rank', ARGV[3], 'attempt', '0', 'progress', '0', 'queued_ms', now_ms())
set(id, 'model', ARGV[6], 'steps', ARGV[7])
new_place(id)
stand_in_line(id)
changed(id)
return 'queued'
