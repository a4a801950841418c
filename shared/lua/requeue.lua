-- ARGV: id, stage, rank, then field, value, ... ; a user asks for another run of a stage of a job that has ended.
local id, stage = ARGV[1], ARGV[2]
local state = get(id, 'state')
if not state then
  return false
end
if not (state == 'succeeded' or state == 'failed') then
  return state
end
move(id, 'queued')
redis.call('ZREM', DEAD, id)
redis.call('HDEL', job_key(id), 'error', 'finished_ms')
set(id, 'stage', stage, 'rank', ARGV[3], 'attempt', '0', 'progress', '0', 'queued_ms', now_ms(), unpack(ARGV, 4))
new_place(id)
stand_in_line(id)
changed(id)
return 'queued'
