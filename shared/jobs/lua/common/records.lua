-- Job records: fields, states, and what happens at the end of a run or of a job.

local REMOVAL_GRACE_MS = 10000
local RECORD_BYTES = 100000 -- a record takes some kB of memory, which is scarcer than storage
local ENDED = { [State.SUCCEEDED] = true, [State.FAILED] = true, [State.CANCELED] = true }
local TRANSITIONS = { -- state -> the states that may follow
  [State.QUEUED] = { [State.RUNNING] = true, [State.SUCCEEDED] = true, [State.FAILED] = true, [State.CANCELED] = true },
  [State.RUNNING] = { [State.QUEUED] = true, [State.SUCCEEDED] = true, [State.FAILED] = true, [State.CANCELED] = true },
  [State.SUCCEEDED] = { [State.QUEUED] = true },
  [State.FAILED] = { [State.QUEUED] = true },
  [State.CANCELED] = {},
}

local function job_key(id)
  return Key.JOB .. id
end

local function get(id, field)
  return redis.call('HGET', job_key(id), field)
end

local function set(id, ...)
  redis.call('HSET', job_key(id), ...)
end

-- Whom the owner is counted and takes turns with. The release before recorded nobody.
local function group_of(id)
  return get(id, 'group') or get(id, 'owner')
end

-- Everyone who watches the job hears that it changed; its version is the ETag of its document. It never comes twice,
-- even where a failover has forgotten the latest ones: the clock goes on. Below 2^53, so that no number loses its end.
local function changed(id)
  local version = math.max(tonumber(get(id, 'version') or '0') + 1, now_us())
  set(id, 'version', string.format('%.0f', version))
  redis.call('PUBLISH', Key.CHANGED, id)
end

local function move(id, state)
  local from = get(id, 'state')
  if not from or not TRANSITIONS[from][state] then
    return false
  end
  set(id, 'state', state)
  return true
end

-- The files that a stage left; nil where none of its runs has ended. Records of schema 1 hold them in flat fields.
local function files_of(id, stage)
  local result, files = get(id, 'stage:' .. stage), get(id, stage .. '_files')
  if result then
    return cjson.decode(result).files
  end
  return get(id, stage .. '_s') and cjson.decode(files) or nil
end

-- The fields that hold a stage's result, of either schema, stay no longer.
local function forget_result(id, stage)
  local flat = { stage .. '_s', stage .. '_queued_s', stage .. '_files', stage .. '_report' }
  redis.call('HDEL', job_key(id), 'stage:' .. stage, unpack(flat))
end

-- Until a stage that runs again has its new result, the settings of the present one stand in these fields.
local MADE_WITH = { [Stage.DEPTH] = 'depth_made_with', [Stage.MODEL] = 'made_with' }

local function choose(id, stage, settings)
  if files_of(id, stage) then
    redis.call('HSETNX', job_key(id), MADE_WITH[stage], get(id, stage))
  end
  set(id, stage, settings)
end

local function forget_earlier_choice(id, stage)
  if MADE_WITH[stage] then
    redis.call('HDEL', job_key(id), MADE_WITH[stage])
  end
end

-- The settings of a stage are again those that its present result was made with.
local function choose_as_made(id, stage)
  local made_with = MADE_WITH[stage] and get(id, MADE_WITH[stage])
  if made_with then
    set(id, stage, made_with)
    forget_earlier_choice(id, stage)
  end
end

-- Adds to one of the sums that /metrics shows.
local function count(name, amount)
  redis.call('HINCRBYFLOAT', Key.COUNTERS, name, amount)
end

-- The time that results are kept begins anew.
local function keep(id)
  local expires = now_ms() + tonumber(get(id, 'keep_ms'))
  set(id, 'expires_ms', string.format('%.0f', expires))
  redis.call('ZADD', Key.EXPIRES, expires, id)
end

-- The photo no longer counts: it is deleted.
local function release_pixels(id)
  local owner, pixels = get(id, 'owner'), tonumber(get(id, 'pixels'))
  if pixels > 0 and redis.call('HINCRBY', Key.PIXELS, owner, -pixels) <= 0 then
    redis.call('HDEL', Key.PIXELS, owner)
  end
  set(id, 'pixels', '0')
end

-- These files count no more: those of a job, or of one of its folders. Whoever asked deletes them at once; where
-- it died or storage refuses, the sweeper does.
local function remove_files(id, folder)
  redis.call('ZADD', Key.REMOVALS, now_ms() + REMOVAL_GRACE_MS, folder and id .. '/' .. folder or id)
end

local function add_bytes(sums, whose, change)
  if change ~= 0 and redis.call('HINCRBY', sums, whose, string.format('%.0f', change)) <= 0 then
    redis.call('HDEL', sums, whose)
  end
end

-- The job takes so many bytes more: of its owner, of its group, and in all; and so many of what is to come.
local function count_in(sums, id, bytes, coming)
  for _, whose in ipairs({ 'owner:' .. get(id, 'owner'), 'group:' .. group_of(id), 'all' }) do
    add_bytes(sums, whose, bytes)
  end
  add_bytes(sums, 'coming', coming)
end

-- Whether the job is in the sums that are being made anew: all that were created until then are.
local function is_recounted(id)
  local reached = redis.call('GET', Key.RECOUNTED_TO)
  local created = reached and redis.call('ZSCORE', Key.JOBS, id)
  return created and tonumber(created) <= tonumber(reached)
end

-- From now on the job counts with what is stored of it and what is to come, for its owner, its group, and in all.
local function count_bytes(id, stored, coming)
  local bytes_before, coming_before = tonumber(get(id, 'bytes') or '0'), tonumber(get(id, 'coming') or '0')
  for _, sums in ipairs({ Key.BYTES, is_recounted(id) and Key.BYTES_ANEW or nil }) do
    count_in(sums, id, stored + coming - bytes_before, coming - coming_before)
  end
  set(id, 'bytes', string.format('%.0f', stored + coming), 'coming', string.format('%.0f', coming))
end

-- The bytes of the files that the record names, and of the record itself.
local function stored_bytes(id)
  local all = RECORD_BYTES
  for _, sent in ipairs({ 'photo', 'disparity' }) do
    local known = get(id, sent)
    all = all + (known and cjson.decode(known).bytes or 0)
  end
  for _, stage in ipairs(Stage) do
    for _, file in ipairs(files_of(id, stage) or {}) do
      all = all + file.bytes
    end
  end
  return all
end

-- Count a job with what it has once it has ended, and until then with the results that are to come, too.
local function recount(id)
  local state = get(id, 'state')
  local stored = state == State.CANCELED and RECORD_BYTES or stored_bytes(id)
  count_bytes(id, stored, ENDED[state] and 0 or tonumber(get(id, 'results_bytes') or '0'))
end

local function unshare(id)
  local token = get(id, 'share')
  if token then
    redis.call('HDEL', Key.SHARES, token)
    redis.call('HDEL', job_key(id), 'share')
  end
end

-- The key of the request that made the job makes another from now on.
local function forget_idempotency(id)
  local remembered = get(id, 'idempotency')
  if remembered and redis.call('HGET', remembered, 'job') == id then
    redis.call('DEL', remembered)
  end
end

-- True where this run is the one that holds the job.
local function holds(id, run)
  return run ~= '' and get(id, 'run') == run and get(id, 'state') == State.RUNNING
end

local function end_run(id)
  redis.call('ZREM', Key.LEASES, id)
  set(id, 'run', '')
  redis.call('HDEL', job_key(id), 'expected_s')
end

-- The rough point cloud of a run counts no more, and its folder goes.
local function forget_rough(id)
  local rough = get(id, 'rough')
  if rough then
    remove_files(id, cjson.decode(rough).folder)
    redis.call('HDEL', job_key(id), 'rough')
  end
end

-- A run has ended without a result. The rough cloud is of the depth stage, and stays while later ones are tried again.
local function lose_run(id)
  end_run(id)
  if get(id, 'stage') == Stage.DEPTH then
    forget_rough(id)
  end
end

-- Storage took and gave the files of a run: the next time that it refuses is the first again.
local function forget_waits(id)
  redis.call('HDEL', job_key(id), 'put_off_ms')
end

-- A job has come to its end, whichever.
local function ended(id)
  forget_waits(id)
  forget_rough(id)
  set(id, 'finished_ms', now_ms())
  count('ended:' .. get(id, 'state'), 1)
  recount(id)
  keep(id)
  local refused = enqueue_delivery(get(id, 'webhook'), id, get(id, 'state'), group_of(id), get(id, 'request_id'))
  if refused then
    count('webhooks_refused:' .. refused, 1)
    redis.call('INCR', Key.REFUSED_WEBHOOKS)
  end
end

local function fail(id, problem)
  move(id, State.FAILED)
  set(id, 'error', problem)
  ended(id)
  count('failed:' .. cjson.decode(problem).type, 1)
end

