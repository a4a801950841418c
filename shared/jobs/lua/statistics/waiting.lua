-- ARGV: stage ; how many jobs wait for it.
return waiting(ARGV[1])
