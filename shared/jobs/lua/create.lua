-- ARGV: id, rules as JSON, then field, value, ...
-- rules: owner, pixels; the limits all_waiting, owner_waiting, owner_pixels; keep_ms, how long its results are kept;
-- where the owner's address counts: address, and its limit address_waiting; where the client sent an Idempotency-Key: key, body (hashes), ms (how long it is remembered).
-- Answer: 'made' and the id; 'same' and the id of the earlier job of this key; 'reused' where the key came with another
-- body; or the name of the limit that is reached.
local id, rules = ARGV[1], cjson.decode(ARGV[2])
if redis.call('EXISTS', job_key(id)) == 1 then
  return { 'made', id }
end
local remembered = rules.key and P .. 'idempotency:' .. rules.owner .. ':' .. rules.key
if remembered then
  local earlier = redis.call('HMGET', remembered, 'body', 'job')
  if earlier[1] and earlier[1] ~= rules.body then
    return { 'reused', earlier[2] }
  elseif earlier[1] and redis.call('EXISTS', job_key(earlier[2])) == 1 then
    return { 'same', earlier[2] }
  end
end
-- How many jobs wait of all owners that came from an address. One who has none waiting is forgotten there.
local function waiting_from(address)
  local key, all = P .. 'owners-at:' .. address, 0
  for _, owner in ipairs(redis.call('SMEMBERS', key)) do
    local some = waiting_of(owner)
    if some == 0 then
      redis.call('SREM', key, owner)
    end
    all = all + some
  end
  return all
end

local passed = too_many_wait(rules.owner, rules.owner_waiting, rules.all_waiting)
if passed then
  return { passed, id }
elseif rules.address and waiting_from(rules.address) >= rules.address_waiting then
  return { 'address_waiting', id }
elseif tonumber(redis.call('HGET', PIXELS, rules.owner) or '0') + rules.pixels > rules.owner_pixels then
  return { 'owner_pixels', id }
end
local now = now_ms()
redis.call('HSET', job_key(id), 'owner', rules.owner, unpack(ARGV, 3))
set(id, 'id', id, 'state', 'queued', 'progress', '0', 'attempt', '0', 'run', '', 'created_ms', now, 'queued_ms', now)
set(id, 'pixels', rules.pixels, 'keep_ms', rules.keep_ms)
redis.call('HINCRBY', PIXELS, rules.owner, rules.pixels)
if rules.address then
  redis.call('SADD', P .. 'owners-at:' .. rules.address, rules.owner)
  redis.call('EXPIRE', P .. 'owners-at:' .. rules.address, 86400)
end
keep(id)
new_place(id)
stand_in_line(id)
redis.call('ZADD', JOBS, now, id)
redis.call('ZADD', owned_key(rules.owner), redis.call('INCR', P .. 'place'), id)
if remembered then
  redis.call('HSET', remembered, 'body', rules.body, 'job', id)
  redis.call('PEXPIRE', remembered, rules.ms)
end
count('accepted', 1)
changed(id)
return { 'made', id }
