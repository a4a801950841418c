# The web front: no torch, no OpenCV.
FROM python:3.12-slim
RUN useradd --uid 10001 --create-home relief && mkdir /data && chown relief /data
WORKDIR /app
COPY web/requirements.txt web/requirements.txt
RUN pip install --no-cache-dir -r web/requirements.txt
COPY shared shared
COPY web web
USER relief
ENV PYTHONUNBUFFERED=1
EXPOSE 8000
CMD ["python", "-m", "web", "--host", "0.0.0.0"]
