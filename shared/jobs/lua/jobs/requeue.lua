-- ARGV: id, stage, steps, limits, settings that change: an object by stage; the last three as JSON; the client group of
-- the request, which counts where the record has none: the release before wrote none; bytes of the results to come; the
-- id of the request, '-' where an operator asks
-- A user asks for another run of a stage of a job that has ended. The results stay until there are new ones.
-- Answer: 'again', the state that does not allow it, the name of the limit that is reached, or nothing where there is
-- no such job.
local id, stage, steps, limits = ARGV[1], ARGV[2], ARGV[3], cjson.decode(ARGV[4])
local state = get(id, 'state')
if not state then
  return false
elseif state ~= State.SUCCEEDED and state ~= State.FAILED then
  return state
end
local group = get(id, 'group') or (ARGV[6] ~= '' and ARGV[6]) or get(id, 'owner')
local passed = passed_limit(stage, get(id, 'owner'), group, limits)
if passed then
  return passed
end
if stage ~= Stage.DEPTH then -- it works on the depth that is there
  choose_as_made(id, Stage.DEPTH)
end
for changed_stage, settings in pairs(cjson.decode(ARGV[5])) do
  choose(id, changed_stage, settings)
end
move(id, State.QUEUED)
forget_rough(id) -- which a worker of the release before may have left
redis.call('ZREM', Key.GIVEN_UP, id)
redis.call('HDEL', job_key(id), 'error', 'finished_ms')
set(id, 'stage', stage, 'attempt', '0', 'progress', '0', 'queued_ms', now_ms(), 'steps', steps)
if group ~= group_of(id) then
  count_bytes(id, 0, 0)
end
set(id, 'group', group, 'results_bytes', ARGV[7], 'request_id', ARGV[8])
recount(id)
enqueue_last(id)
changed(id)
return 'again'
