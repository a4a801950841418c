"""Job records in Redis: their states, who works on them, and what the service knows of its queue."""
