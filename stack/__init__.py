"""The whole of Relief on one machine, without Docker: Valkey, workers and web front as child processes."""
