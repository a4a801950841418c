"""What a client sends to have a job made, from the request to the stored photo."""
