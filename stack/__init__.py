"""Relief on one machine without Docker: Valkey, the workers and the web service as child processes."""
