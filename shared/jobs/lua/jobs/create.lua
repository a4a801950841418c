-- ARGV: id, rules as JSON, then field, value, ...
-- rules: owner, group (whom the owner counts with), stage (the first), pixels, keep_ms (how long results are kept), the
-- limits all_waiting, owner_waiting, owner_megapixels;
-- where the client sent an Idempotency-Key: key, body (hashes), key_ms (how long it is remembered).
-- Answer: 'made' and the id; 'same' and the id of the earlier job of this key; 'reused' where the key came with another
-- body; or the name of the limit that is reached. Asked twice, because an answer was lost, it makes one job.
local id, rules = ARGV[1], cjson.decode(ARGV[2])
if redis.call('EXISTS', job_key(id)) == 1 then
  return { 'made', id }
end
local remembered = rules.key and Key.IDEMPOTENCY .. rules.owner .. ':' .. rules.key
if remembered then
  local earlier = redis.call('HMGET', remembered, 'body', 'job')
  if earlier[1] and earlier[1] ~= rules.body then
    return { 'reused', earlier[2] }
  elseif earlier[1] and redis.call('EXISTS', job_key(earlier[2])) == 1 then
    return { 'same', earlier[2] }
  end
end

local passed = passed_limit(rules.stage, rules.owner, rules.group, rules)
if passed then
  return { passed, id }
elseif tonumber(redis.call('HGET', Key.PIXELS, rules.owner) or '0') + rules.pixels > rules.owner_megapixels * 1e6 then
  return { 'owner_megapixels', id }
end
local now = now_ms()
set(id, 'id', id, 'owner', rules.owner, 'group', rules.group, unpack(ARGV, 3))
set(id, 'state', State.QUEUED, 'progress', '0', 'attempt', '0', 'run', '', 'created_ms', now, 'queued_ms', now)
set(id, 'pixels', rules.pixels, 'keep_ms', rules.keep_ms)
redis.call('HINCRBY', Key.PIXELS, rules.owner, rules.pixels)
redis.call('ZADD', Key.JOBS, now, id)
recount(id)
keep(id)
enqueue_last(id)
redis.call('ZADD', Key.OWNED .. rules.owner, get(id, 'place'), id)
if remembered then
  redis.call('HSET', remembered, 'body', rules.body, 'job', id)
  redis.call('PEXPIRE', remembered, rules.key_ms)
  set(id, 'idempotency', remembered)
end
count('accepted', 1)
changed(id)
return { 'made', id }
