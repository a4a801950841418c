-- What the latest jobs of a stage cost: seconds of a worker's time. In a batch each job costs its own part.

local MEASURED_RUNS = 10 -- few, so that what is said follows when the machine has more or less to do

local function remember_cost(stage, seconds)
  redis.call('LPUSH', Key.COSTS .. stage, seconds)
  redis.call('LTRIM', Key.COSTS .. stage, 0, MEASURED_RUNS - 1)
end

local function mean(costs, first, last)
  local sum = 0
  for index = first, last do
    sum = sum + costs[index]
  end
  return sum / (last - first + 1)
end

local function numbers(list)
  local values = redis.call('LRANGE', list, 0, -1)
  for index, value in ipairs(values) do
    values[index] = tonumber(value)
  end
  return values
end

-- The mean without the least and the greatest: a process's first run, which loads much, is no measure. Nothing before
-- the first run. The release before had whole batches count for their first job, and its others for nothing.
local function usual_cost(stage)
  local costs, old = numbers(Key.COSTS .. stage), numbers(Key.OLD_COSTS .. stage)
  table.sort(costs)
  if #costs > 0 then
    return mean(costs, #costs > 2 and 2 or 1, math.max(1, #costs - 1))
  end
  return #old > 0 and mean(old, 1, #old) or nil
end
