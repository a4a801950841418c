-- ARGV: id, run, next stage or '', progress, result as JSON, folders that it replaces as JSON, seconds of its worker's
-- time that were the job's own or '' for all of its run, then field, value, ...
-- Answer: 1 where the run held the job and its results now count; asked twice, because an answer was lost, it says so
-- twice.
local id, run, next_stage, progress, result = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if not holds(id, run) then
  return get(id, 'counted_run') == run and 1 or 0
end

local now, stage, started = now_ms(), get(id, 'stage'), tonumber(get(id, 'started_ms'))
local run_s, queued_s = (now - started) / 1000, (started - tonumber(get(id, 'queued_ms'))) / 1000
local own_s = tonumber(ARGV[7]) or run_s
remember_cost(stage, own_s)
count('done:' .. stage, 1)
count('seconds:' .. stage, own_s)
end_run(id)
forget_waits(id)
if stage ~= Stage.DEPTH then -- what the rough cloud stood for is there
  forget_rough(id)
end
set(id, 'stage:' .. stage, string.format('{"run_s":%.3f,"queued_s":%.3f,%s', run_s, queued_s, string.sub(result, 2)))
set(id, 'counted_run', run, 'progress', progress, unpack(ARGV, 8))
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
