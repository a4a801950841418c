"""Redis: the connection, and how Lua scripts are loaded."""
