-- ARGV: stage ; for how many ms the first job of any owner's queue has waited, at the most.
local oldest = redis.call('ZRANGE', Key.OLDEST .. ARGV[1], 0, 0, 'WITHSCORES')
return oldest[2] and math.max(0, now_ms() - tonumber(oldest[2])) or 0
