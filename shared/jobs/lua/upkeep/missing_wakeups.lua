-- Answer for each stage: how many jobs wait for it where no message is left in Celery's queue of that name, else 0.
local missing = {}
for index, stage in ipairs(Stage) do
  missing[index] = redis.call('LLEN', stage) == 0 and waiting(stage) or 0
end
return missing
