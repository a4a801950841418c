-- ARGV: id, run, longest ms ; storage refused the run its files, so the job waits for it, longer each time: 1, 2, 4
-- seconds, and so on up to 60. That is no fault of the photo, and uses up no attempt.
-- Answer: 1 where it waits; 0 where it has waited for the longest already, or the run does not hold it.
local FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 1000, 60000
local id, run, longest = ARGV[1], ARGV[2], tonumber(ARGV[3])
local waited = tonumber(get(id, 'put_off_ms') or '0')
if not holds(id, run) or waited >= longest then
  return 0
end
local now, pause = now_ms(), math.min(waited + FIRST_PAUSE_MS, LONGEST_PAUSE_MS)
lose_run(id)
move(id, State.QUEUED)
redis.call('HINCRBY', job_key(id), 'attempt', -1)
set(id, 'queued_ms', now, 'put_off_ms', waited + pause)
redis.call('ZADD', Key.PUT_OFF, now + pause, id)
count('put_off:' .. get(id, 'stage'), 1)
changed(id)
return 1
