"""The stages of a job as a worker process runs them."""
