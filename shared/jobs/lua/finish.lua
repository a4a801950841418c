-- ARGV: id, run, next stage or '', progress, then field, value, ...
-- Answer: 1 where the run held the job and its results now count. Asked twice, because an answer was lost, it says so twice.
local id, run, next_stage, progress = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if not holds(id, run) then
  return get(id, 'counted_run') == run and 1 or 0
end
local now, stage = now_ms(), get(id, 'stage')
local seconds = (now - tonumber(get(id, 'started_ms'))) / 1000
redis.call('LPUSH', P .. 'seconds:' .. stage, seconds)
redis.call('LTRIM', P .. 'seconds:' .. stage, 0, 100)
-- What the job cost its worker: of a batch, which began and ends together, the first costs the time and the rest nothing.
local ended_key = P .. 'ended:' .. stage .. ':' .. get(id, 'worker')
local began = math.max(tonumber(get(id, 'started_ms')), tonumber(redis.call('GET', ended_key) or '0'))
redis.call('SET', ended_key, now, 'PX', 3600000)
redis.call('LPUSH', P .. 'costs:' .. stage, (now - began) / 1000)
redis.call('LTRIM', P .. 'costs:' .. stage, 0, 100)
count('done:' .. stage, 1)
count('seconds:' .. stage, seconds)
end_run(id)
set(id, stage .. '_s', seconds, stage .. '_queued_s', (tonumber(get(id, 'started_ms')) - tonumber(get(id, 'queued_ms'))) / 1000)
set(id, 'counted_run', run, 'progress', progress, unpack(ARGV, 5))
if stage == 'model' then
  redis.call('HDEL', job_key(id), 'made_with')
end
if next_stage == '' then
  move(id, 'succeeded')
  ended(id)
else
  move(id, 'queued')
  set(id, 'stage', next_stage, 'attempt', '0', 'queued_ms', now)
  stand_in_line(id)
end
changed(id)
return 1
