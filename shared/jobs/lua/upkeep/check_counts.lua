-- ARGV: where to go on, '' for the beginning ; checks the counts of some who wait, and mends those that are off:
-- processes of the release before move jobs without counting them.
-- Answer: where to go on, '' after the last; how many were off.
local AT_ONCE = 200 -- owners, some 10 us each, or as much of others
local stage, scan, cursor = string.match(ARGV[1], '^(%d+) (%d+) (%d+)$')
stage, scan, cursor = tonumber(stage or 1), tonumber(scan or 1), cursor or '0'
local seen, mended = 0, 0

local function sum_of(counts)
  local sum, all = 0, redis.call('ZRANGE', counts, 0, -1, 'WITHSCORES')
  for index = 2, #all, 2 do
    sum = sum + tonumber(all[index])
  end
  seen = seen + 0.1 * #all / 2
  return sum
end

local function mend(counts, member, true_count)
  local change = true_count - counted(counts, member)
  if change ~= 0 then
    add_count(counts, member, change)
  end
  return change ~= 0
end

local function mend_group(name, group)
  local jobs, owners = owner_jobs_key(name, group), owners_key(name, group)
  if redis.call('ZCARD', jobs) > redis.call('ZCARD', owners) then
    redis.call('ZINTERSTORE', jobs, 2, jobs, owners, 'WEIGHTS', 1, 0)
  end
  return mend(Key.GROUP_JOBS .. name, group, sum_of(jobs))
end

local function settle_gone(name, owner)
  return not group_at(name, owner) and settle(name, owner)
end

local function mend_gone(name, group)
  return not redis.call('ZSCORE', groups_key(name), group) and mend_group(name, group)
end

local SCANS = { -- of each stage: who is looked at, what mends their counts, and what that costs beside an owner
  { 'HSCAN', Key.GROUP_OF, settle, 1 },
  { 'HSCAN', Key.COUNTED_IN, settle_gone, 0.2 },
  { 'ZSCAN', Key.OLDEST, settle_gone, 0.2 },
  { 'ZSCAN', Key.GROUPS, mend_group, 0.5 },
  { 'ZSCAN', Key.GROUP_JOBS, mend_gone, 0.2 },
}
while Stage[stage] and seen < AT_ONCE do
  local name, command, key, repair, cost = Stage[stage], unpack(SCANS[scan])
  local found = redis.call(command, key .. name, cursor, 'COUNT', AT_ONCE)
  for index = 1, #found[2], 2 do
    mended = mended + (repair(name, found[2][index]) and 1 or 0)
  end
  cursor, seen = found[1], seen + cost * #found[2] / 2
  if cursor == '0' then
    scan = scan + 1
  end
  if not SCANS[scan] then
    mended = mended + (mend(Key.ALL_JOBS, name, sum_of(Key.GROUP_JOBS .. name)) and 1 or 0)
    stage, scan = stage + 1, 1
  end
end
return { Stage[stage] and string.format('%d %d %s', stage, scan, cursor) or '', mended }
