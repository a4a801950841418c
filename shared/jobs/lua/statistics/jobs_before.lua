-- ARGV: id ; how many jobs will be claimed before this one, as groups and their owners take turns, or nothing where it
-- is not waiting.
local id = ARGV[1]
local stage, owner = get(id, 'stage'), get(id, 'owner')
local own_rank = stage and redis.call('ZRANK', queue_key(stage, owner), id)
if not own_rank then
  return false
end

-- Of members who take turns: how many jobs of all go before the job of this member that has `rank` others before it.
local function before(members, member, rank, jobs_of)
  local turn, all = redis.call('ZRANK', members, member), rank
  for index, other in ipairs(redis.call('ZRANGE', members, 0, -1)) do
    local turns = rank + (index - 1 < turn and 1 or 0)
    if other ~= member and turns > 0 then
      all = all + math.min(jobs_of(other), turns)
    end
  end
  return all
end

local group, jobs = group_at(stage, owner), redis.call('HGETALL', Key.WAITING .. stage)
local of_group = {}
for index = 1, #jobs, 2 do
  of_group[jobs[index]] = tonumber(jobs[index + 1])
end
local in_group = before(owners_key(stage, group), owner, own_rank, function(other)
  return redis.call('ZCARD', queue_key(stage, other))
end)
return before(groups_key(stage), group, in_group, function(other)
  return of_group[other] or 0
end)
