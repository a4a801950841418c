-- ARGV: id ; how many jobs will be claimed before this one, by the round over the owners, or nothing where it is not waiting.
local id = ARGV[1]
local stage, owner = get(id, 'stage'), get(id, 'owner')
if not stage then
  return false
end
local mine = redis.call('ZRANK', line_key(stage, owner), id)
if not mine then
  return false
end
local ring = ring_key(stage)
local turn, before = redis.call('ZRANK', ring, owner), mine
for rank, other in ipairs(redis.call('ZRANGE', ring, 0, -1)) do
  if other ~= owner then
    local rounds = mine + (rank - 1 < turn and 1 or 0)
    before = before + math.min(redis.call('ZCARD', line_key(stage, other)), rounds)
  end
end
return before
