-- Stands before every script.

-- The clock is Redis's own, so that a wrong clock on a worker cannot end or prolong a lease.
local function now_us()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

local function now_ms()
  return math.floor(now_us() / 1000)
end

