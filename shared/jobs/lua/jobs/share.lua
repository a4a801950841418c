-- ARGV: id, token or '' ; the token that a job is shared under from now on: an earlier one stays; '' revokes it.
-- Answer: the token, '' where there is none now, or nothing where there is no such job.
local id, token = ARGV[1], ARGV[2]
if redis.call('EXISTS', job_key(id)) == 0 then
  return false
end
local earlier = get(id, 'share')
if token == '' then
  unshare(id)
  changed(id)
  return ''
elseif earlier then
  return earlier
end
set(id, 'share', token)
redis.call('HSET', Key.SHARES, token, id)
changed(id)
return token
