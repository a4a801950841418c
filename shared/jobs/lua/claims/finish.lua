-- ARGV: id, run, next stage or '', progress, result as JSON, folders that it replaces as JSON, then field, value, ...
-- Answer: 1 where the run held the job and its results now count; asked twice, because an answer was lost, it says so
-- twice.
local MEASURED_RUNS, WORKER_FORGOTTEN_MS = 100, 3600000
local id, run, next_stage, progress, result = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if not holds(id, run) then
  return get(id, 'counted_run') == run and 1 or 0
end

local function remember(list, seconds)
  redis.call('LPUSH', list, seconds)
  redis.call('LTRIM', list, 0, MEASURED_RUNS - 1)
end

local now, stage, started = now_ms(), get(id, 'stage'), tonumber(get(id, 'started_ms'))
local run_s, queued_s = (now - started) / 1000, (started - tonumber(get(id, 'queued_ms'))) / 1000
remember(Key.RUN_SECONDS .. stage, run_s)
-- What the job cost its worker: of a batch, which began and ends together, the first costs the time, the rest nothing.
local last_end = Key.LAST_END .. stage .. ':' .. get(id, 'worker')
remember(Key.RUN_COSTS .. stage, (now - math.max(started, tonumber(redis.call('GET', last_end) or '0'))) / 1000)
redis.call('SET', last_end, now, 'PX', WORKER_FORGOTTEN_MS)
count('done:' .. stage, 1)
count('seconds:' .. stage, run_s)
end_run(id)
forget_waits(id)
set(id, 'stage:' .. stage, string.format('{"run_s":%.3f,"queued_s":%.3f,%s', run_s, queued_s, string.sub(result, 2)))
set(id, 'counted_run', run, 'progress', progress, unpack(ARGV, 7))
for _, folder in ipairs(cjson.decode(ARGV[6])) do
  remove_files(id, folder)
end
local later = false
for _, each in ipairs(Stage) do -- what was made of an earlier result of this stage counts no more
  if later then
    forget_result(id, each)
  end
  later = later or each == stage
  if later then
    forget_earlier_choice(id, each)
  end
end
if next_stage == '' then
  move(id, State.SUCCEEDED)
  ended(id)
else
  move(id, State.QUEUED)
  set(id, 'stage', next_stage, 'attempt', '0', 'queued_ms', now)
  enqueue(id)
end
changed(id)
return 1
