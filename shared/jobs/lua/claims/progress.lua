-- ARGV: id, run, progress ; never backwards within a run.
local id, run, progress = ARGV[1], ARGV[2], ARGV[3]
if not holds(id, run) then
  return 0
end
if tonumber(progress) > tonumber(get(id, 'progress')) then
  set(id, 'progress', progress)
  changed(id)
end
return 1
