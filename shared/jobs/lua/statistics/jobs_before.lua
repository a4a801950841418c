-- ARGV: id ; how many jobs will be claimed before this one, as owners take turns, or nothing where it is not waiting.
local id = ARGV[1]
local stage, owner = get(id, 'stage'), get(id, 'owner')
local own_rank = stage and redis.call('ZRANK', queue_key(stage, owner), id)
if not own_rank then
  return false
end
local turn, before = redis.call('ZRANK', turns_key(stage), owner), own_rank
for index, other in ipairs(redis.call('ZRANGE', turns_key(stage), 0, -1)) do
  if other ~= owner then
    local turns = own_rank + (index - 1 < turn and 1 or 0)
    before = before + math.min(redis.call('ZCARD', queue_key(stage, other)), turns)
  end
end
return before
