-- ARGV: id, rules as JSON, then field, value, ...
-- rules: owner, pixels, keep_ms (how long results are kept), the limits all_waiting, owner_waiting, owner_megapixels;
-- where the client's IP address counts: client_ip, the limit client_waiting, client_ms (how long it is remembered);
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

-- How many jobs wait of all owners that came from an IP address. One who has none waiting is forgotten there.
local function waiting_from(owners)
  local all = 0
  for _, owner in ipairs(redis.call('SMEMBERS', owners)) do
    local some = waiting_of(owner)
    if some == 0 then
      redis.call('SREM', owners, owner)
    end
    all = all + some
  end
  return all
end

local client_owners = rules.client_ip and Key.CLIENT_OWNERS .. rules.client_ip
local passed = passed_limit(rules.owner, rules)
if passed then
  return { passed, id }
elseif client_owners and waiting_from(client_owners) >= rules.client_waiting then
  return { 'client_waiting', id }
elseif tonumber(redis.call('HGET', Key.PIXELS, rules.owner) or '0') + rules.pixels > rules.owner_megapixels * 1e6 then
  return { 'owner_megapixels', id }
end
local now = now_ms()
set(id, 'id', id, 'owner', rules.owner, unpack(ARGV, 3))
set(id, 'state', State.QUEUED, 'progress', '0', 'attempt', '0', 'run', '', 'created_ms', now, 'queued_ms', now)
set(id, 'pixels', rules.pixels, 'keep_ms', rules.keep_ms)
redis.call('HINCRBY', Key.PIXELS, rules.owner, rules.pixels)
if client_owners then
  redis.call('SADD', client_owners, rules.owner)
  redis.call('PEXPIRE', client_owners, rules.client_ms)
end
keep(id)
enqueue_last(id)
redis.call('ZADD', Key.JOBS, now, id)
redis.call('ZADD', Key.OWNED .. rules.owner, get(id, 'place'), id)
if remembered then
  redis.call('HSET', remembered, 'body', rules.body, 'job', id)
  redis.call('PEXPIRE', remembered, rules.key_ms)
end
count('accepted', 1)
changed(id)
return { 'made', id }
