"""Gunicorn's settings: `gunicorn -c python:web.gunicorn_conf web.wsgi:app`."""

from __future__ import annotations

from shared.settings import Settings

worker_class = "web.server.Worker"
threads = Settings.from_environment().web_threads
graceful_timeout = 20
control_socket_disable = True
