# The web front: no torch, no OpenCV.
ARG PYTHON_IMAGE=python:3.12-slim
FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="Relief, web front" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --uid 10001 --create-home relief && mkdir /data && chown relief /data
WORKDIR /app
COPY pip.lock requirements.lock ./
COPY web/requirements.txt web/requirements.txt
RUN pip install --no-cache-dir --require-hashes -r pip.lock \
 && pip install --no-cache-dir --require-hashes -r web/requirements.txt -c requirements.lock
COPY shared shared
COPY web web
USER 10001
ENV PYTHONUNBUFFERED=1
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --retries=3 --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD ["python", "-m", "web", "--host", "0.0.0.0"]
