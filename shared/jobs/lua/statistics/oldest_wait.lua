-- ARGV: stage ; for how many ms the first job of any owner's queue has waited, at the most.
local stage, now, longest = ARGV[1], now_ms(), 0
for _, owner in ipairs(redis.call('HKEYS', Key.GROUP_OF .. stage)) do
  local id = redis.call('ZRANGE', queue_key(stage, owner), 0, 0)[1]
  if id then
    longest = math.max(longest, now - tonumber(get(id, 'queued_ms') or now))
  end
end
return longest
