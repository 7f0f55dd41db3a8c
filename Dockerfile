# 医桥 Yiqiao: `docker build -t yiqiao .`, then `docker run yiqiao` (serve), `docker run --no-healthcheck yiqiao work`,
# `docker run --rm yiqiao migrate`. Settings come from the environment, or from a file named by YIQIAO_ENV_FILE.
ARG PYTHON=3.13-slim-bookworm

FROM python:${PYTHON} AS build
ENV UV_PYTHON_DOWNLOADS=never \
    UV_PROJECT_ENVIRONMENT=/opt/yiqiao \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1
RUN pip install --no-cache-dir --disable-pip-version-check uv==0.13.9
WORKDIR /src
# The dependencies are a layer of their own: they change seldom.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --no-install-project
COPY README.md LICENSE ./
COPY clients clients
COPY app app
COPY resolvers resolvers
COPY schema schema
RUN uv sync --frozen --no-dev --no-editable

FROM python:${PYTHON}
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin yiqiao
COPY --from=build /opt/yiqiao /opt/yiqiao
ENV PATH=/opt/yiqiao/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    YIQIAO_HOST=0.0.0.0 \
    YIQIAO_PORT=8000
USER 10001
WORKDIR /tmp
EXPOSE 8000
STOPSIGNAL SIGTERM
# For `serve`; a `work` container has no port: run it with --no-healthcheck.
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['YIQIAO_PORT'] + '/healthz', timeout=2)"]
ENTRYPOINT ["yiqiao"]
CMD ["serve"]
