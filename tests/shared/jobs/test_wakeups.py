"""Messages that wake workers up, through a real Celery worker."""

import os
import queue
import signal
import threading

from celery.contrib.testing.worker import start_worker

from shared.jobs.wakeups import TRANSPORT, celery_app
from tests.support.logs import logging_as_it_was

TIMEOUT_S = 0.3  # of the worker's Redis connections here


def test_a_worker_goes_on_where_redis_stops_as_it_acknowledges(store, redis_url):
    app = celery_app(redis_url)
    app.conf.update(broker_transport_options=TRANSPORT | {"socket_timeout": TIMEOUT_S}, task_routes={})
    server, done = store.redis.info()["process_id"], queue.Queue()

    @app.task(name="stop")
    def stop():
        os.kill(server, signal.SIGSTOP)
        threading.Timer(3 * TIMEOUT_S, os.kill, (server, signal.SIGCONT)).start()
        done.put("stopped")

    @app.task(name="go on")
    def go_on():
        done.put("went on")

    with logging_as_it_was(), start_worker(app, pool="solo", concurrency=1, perform_ping_check=False):
        stop.delay()
        assert done.get(timeout=20) == "stopped"
        assert store.redis.ping()  # it answers again
        go_on.delay()
        assert done.get(timeout=20) == "went on"
