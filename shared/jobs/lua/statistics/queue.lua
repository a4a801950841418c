-- ARGV: seconds after which a silent worker counts no more, how many waiting jobs of each stage are listed at the most
-- Answer: now in ms; for each stage what a job costs a worker, in seconds ('' before the first run); for each the names
-- of the workers alive; the jobs that wait and whose turn comes first, each as id, owner, group, stage, steps as JSON,
-- in the order in which groups, their owners and each owner's jobs take turns; for each stage the others: name and
-- number of jobs of each group that is listed, one after the other, then how many groups are not, and how many jobs
-- these have; those that run, each as those that wait with worker, run, started_ms, expected_s.
local most = tonumber(ARGV[2])

-- Of members who take turns: those whose jobs are the first `most` of all, and how many of each one's are, in pairs.
local function first_jobs(members, jobs_of, limit)
  local turns, shares = {}, {}
  for index, member in ipairs(redis.call('ZRANGE', members, 0, limit - 1)) do
    shares[index] = { member, 0, jobs_of(member) }
    turns[index] = shares[index]
  end
  while limit > 0 and #turns > 0 do
    local again = {}
    for _, one in ipairs(turns) do
      if limit > 0 and one[2] < one[3] then
        one[2], limit = one[2] + 1, limit - 1
        again[#again + 1] = one
      end
    end
    turns = again
  end
  return shares
end

local waits, others, runs = {}, {}, {}

local function list(stage, group, owner, share)
  for _, id in ipairs(redis.call('ZRANGE', queue_key(stage, owner), 0, share - 1)) do
    waits[#waits + 1] = { id, owner, group, stage, get(id, 'steps') }
  end
end

for index, stage in ipairs(Stage) do
  local left, all = {}, waiting(stage)
  local groups = first_jobs(groups_key(stage), function(group)
    return counted(Key.GROUP_JOBS .. stage, group)
  end, most)
  for _, of_group in ipairs(groups) do
    local group, share, jobs = unpack(of_group)
    local owners = first_jobs(owners_key(stage, group), function(owner)
      return redis.call('ZCARD', queue_key(stage, owner))
    end, share)
    for _, of_owner in ipairs(owners) do
      list(stage, group, of_owner[1], of_owner[2])
    end
    all = all - jobs
    if jobs > share then
      left[#left + 1], left[#left + 2] = group, jobs - share
    end
  end
  left[#left + 1], left[#left + 2] = redis.call('ZCARD', groups_key(stage)) - #groups, math.max(0, all)
  others[index] = left
end
for _, id in ipairs(redis.call('ZRANGE', Key.LEASES, 0, -1)) do
  local names = { 'owner', 'stage', 'steps', 'worker', 'run', 'started_ms', 'expected_s' }
  local owner, stage, steps, worker, run, started, expected = unpack(redis.call('HMGET', job_key(id), unpack(names)))
  if owner then
    runs[#runs + 1] = { id, owner, group_of(id), stage, steps, worker or '', run, started, expected or '' }
  end
end
local costs, workers, since = {}, {}, now_ms() / 1000 - tonumber(ARGV[1])
for index, stage in ipairs(Stage) do
  costs[index] = tostring(usual_cost(stage) or '')
  workers[index] = redis.call('ZRANGEBYSCORE', Key.WORKERS .. stage, since, '+inf')
end
return { tostring(now_ms()), costs, workers, waits, others, runs }
