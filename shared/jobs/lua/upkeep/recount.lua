-- Counts the bytes of all jobs anew, from their records: processes of the release before leave them uncounted.
local sums = {}

local function add(whose, bytes)
  sums[whose] = (sums[whose] or 0) + tonumber(bytes)
end

for _, id in ipairs(redis.call('ZRANGE', Key.JOBS, 0, -1)) do
  local state, bytes, coming = get(id, 'state'), get(id, 'bytes'), get(id, 'coming')
  if state then
    if not bytes or (ENDED[state] and coming ~= '0') then
      recount(id)
      bytes, coming = get(id, 'bytes'), get(id, 'coming')
    end
    for _, whose in ipairs({ 'owner:' .. get(id, 'owner'), 'group:' .. group_of(id), 'all' }) do
      add(whose, bytes)
    end
    add('coming', coming)
  end
end
redis.call('DEL', Key.BYTES)
for whose, bytes in pairs(sums) do
  if bytes > 0 then
    redis.call('HSET', Key.BYTES, whose, string.format('%.0f', bytes))
  end
end
