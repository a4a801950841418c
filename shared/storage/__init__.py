"""Files of a job: the photo, and what the workers made of it."""
