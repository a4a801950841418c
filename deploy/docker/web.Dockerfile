# The web front: no torch, no OpenCV.
ARG PYTHON_IMAGE=python:3.12-slim
FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --create-home relief && mkdir /data && chown relief /data
WORKDIR /app
COPY requirements.lock requirements.lock
COPY web/requirements.txt web/requirements.txt
# pip 26 is the first that takes hashes from constraints.
RUN pip install --no-cache-dir pip==26.3 \
 && pip install --no-cache-dir --require-hashes -r web/requirements.txt -c requirements.lock
COPY shared shared
COPY web web
USER relief
ENV PYTHONUNBUFFERED=1
EXPOSE 8000
CMD ["python", "-m", "web", "--host", "0.0.0.0"]
