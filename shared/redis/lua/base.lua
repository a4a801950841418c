-- Stands before every script.

-- The clock is Redis's own, so that a wrong clock on a worker cannot end or prolong a lease.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

