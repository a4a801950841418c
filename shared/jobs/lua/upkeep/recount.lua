-- ARGV: how many jobs at the least ; counts the bytes of the next jobs anew, from their records: processes of the
-- release before leave them uncounted. The oldest come first. What changes meanwhile counts in both sums (count_bytes).
-- Answer: 1 after the last of all jobs, when the new sums have taken the place of the others, else 0.
local reached = redis.call('GET', Key.RECOUNTED_TO)
local from = reached and '(' .. reached or '-inf'
local some = redis.call('ZRANGEBYSCORE', Key.JOBS, from, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[1])
if #some == 0 then
  redis.call('DEL', Key.BYTES, Key.RECOUNTED_TO)
  if redis.call('EXISTS', Key.BYTES_ANEW) == 1 then
    redis.call('RENAME', Key.BYTES_ANEW, Key.BYTES)
  end
  return 1
end
local last = some[#some]
for _, id in ipairs(redis.call('ZRANGEBYSCORE', Key.JOBS, from, last)) do
  local state, bytes, coming = get(id, 'state'), get(id, 'bytes'), get(id, 'coming')
  if state then
    if not bytes or (ENDED[state] and coming ~= '0') then
      recount(id)
    end
    count_in(Key.BYTES_ANEW, id, tonumber(get(id, 'bytes')), tonumber(get(id, 'coming')))
  end
end
redis.call('SET', Key.RECOUNTED_TO, last)
return 0
