# syntax=docker/dockerfile:1
# Two stages: the second has no compiler and no pip cache. The root file system may be read-only; data lives in /data.
FROM python:3.12-slim AS build
WORKDIR /app
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY requirements-postgres.txt ./
RUN /venv/bin/pip install --require-hashes -r requirements-postgres.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY moderator ./moderator
COPY training ./training
RUN /venv/bin/pip install --no-deps --no-build-isolation . \
 && /venv/bin/python -m compileall -q /venv/lib

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin moderator \
 && install -d -o moderator -g moderator -m 0750 /data /data/models
COPY --from=build /venv /venv
COPY --chown=moderator:moderator models /data/models
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MODERATOR_DATABASE=sqlite:////data/moderator.db MODERATOR_MODELS=/data/models \
    MODERATOR_HOST=0.0.0.0 MODERATOR_PORT=8080 MODERATOR_LOG=json
USER moderator
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/readyz', timeout=2)"]
ENTRYPOINT ["moderator"]
CMD ["serve"]
