-- ARGV: id, stage, steps, settings of the 3D model, limits as JSON
-- A user asks for another run of a stage of a job that has ended.
-- Answer: 'queued', the state that does not allow it, the name of the limit that is reached, or nothing where there is
-- no such job.
local id, stage, steps, model = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local state = get(id, 'state')
if not state then
  return false
elseif state ~= State.SUCCEEDED and state ~= State.FAILED then
  return state
end
local passed = passed_limit(get(id, 'owner'), cjson.decode(ARGV[5]))
if passed then
  return passed
end
if files_of(id, Stage.MODEL) then -- until the new 3D model is there, the old one was made with these
  redis.call('HSETNX', job_key(id), 'made_with', get(id, 'model'))
end
move(id, State.QUEUED)
redis.call('ZREM', Key.GIVEN_UP, id)
redis.call('HDEL', job_key(id), 'error', 'finished_ms')
set(id, 'stage', stage, 'attempt', '0', 'progress', '0', 'queued_ms', now_ms(), 'model', model, 'steps', steps)
enqueue_last(id)
changed(id)
return State.QUEUED
