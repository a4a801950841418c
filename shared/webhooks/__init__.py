"""Webhooks: which URLs may be called, what waits to be delivered, and its delivery."""
