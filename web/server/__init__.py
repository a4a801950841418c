"""The HTTP server: waitress, with bounds of what one client may hold."""
