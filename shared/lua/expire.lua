-- Answer: the ids of the ended jobs whose time is over. Those that still wait or run get theirs when they end.
local due = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', EXPIRES, '-inf', now_ms())) do
  local state = get(id, 'state')
  if not (state == 'queued' or state == 'running') then
    due[#due + 1] = id
  end
end
return due
