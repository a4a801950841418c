"""Webhooks: which URLs are called, what waits to be delivered, and its delivery."""
