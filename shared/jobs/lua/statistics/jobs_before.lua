-- ARGV: id ; how many jobs will be claimed before this one, as groups and their owners take turns, or nothing where it
-- is not waiting. Exact, unless more than MOST_WALKED groups, or owners of its group, have a job in the same round:
-- then off by less than that round.
local MOST_WALKED = 300
local id = ARGV[1]
local stage, owner = get(id, 'stage'), get(id, 'owner')
local own_rank = stage and redis.call('ZRANK', queue_key(stage, owner), id)
if not own_rank then
  return false
end

-- How many jobs are taken in so many rounds, by members of whom each has so many; a step for each number that occurs.
local function taken_in(rounds, jobs)
  local taken, done = 0, 0
  while done < rounds do
    local least = redis.call('ZRANGEBYSCORE', jobs, '(' .. done, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
    if not least then
      break
    end
    local until_round = math.min(tonumber(least), rounds)
    taken = taken + (until_round - done) * redis.call('ZCOUNT', jobs, '(' .. done, '+inf')
    done = until_round
  end
  return taken
end

-- How many members have their turn before this one in the round that follows so many.
local function earlier(rounds, members, member, jobs)
  local rank, still = redis.call('ZRANK', members, member), redis.call('ZCOUNT', jobs, '(' .. rounds, '+inf')
  if rounds == 0 then
    return rank
  elseif still > MOST_WALKED then -- as if these were spread evenly
    return math.floor(rank * still / redis.call('ZCARD', members))
  end
  local turn, found = tonumber(redis.call('ZSCORE', members, member)), 0
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', jobs, '(' .. rounds, '+inf')) do
    found = found + (tonumber(redis.call('ZSCORE', members, other) or '+inf') < turn and 1 or 0)
  end
  return found
end

-- Of members who take turns: how many jobs of all go before the job of this member that has `rounds` others before it.
local function before(members, member, rounds, jobs)
  return taken_in(rounds, jobs) + earlier(rounds, members, member, jobs)
end

local group = group_at(stage, owner)
local in_group = before(owners_key(stage, group), owner, own_rank, owner_jobs_key(stage, group))
return before(groups_key(stage), group, in_group, Key.GROUP_JOBS .. stage)
