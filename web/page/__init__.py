"""The page and the static files that it loads."""
