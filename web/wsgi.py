"""Entry point of gunicorn: `gunicorn web.wsgi:app`."""

from shared.logs import configure_logging
from shared.settings import Settings
from web.app import create_app

settings = Settings.from_environment()
configure_logging(settings.log_format)
app = create_app(settings)
