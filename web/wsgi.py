"""Entry point of gunicorn: `gunicorn web.wsgi:app`."""

import logging

from shared.settings import Settings
from web import create_app

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
app = create_app(Settings.from_environment())
