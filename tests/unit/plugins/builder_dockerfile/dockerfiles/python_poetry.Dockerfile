FROM python:3.12-slim as python-base
ENV PYTHONUNBUFFERED=1 \
    # pip
    PIP_NO_CACHE_DIR=off \
    PIP_DEFAULT_TIMEOUT=100 \

    POETRY_HOME="/opt/poetry"
ENV PATH="$POETRY_HOME/bin:/app/.venv/bin:$PATH"

FROM python-base as builder-base
RUN apt-get update \
    && apt-get install --no-install-recommends -y \
        # for the database driver
        libpq-dev \
        build-essential \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY poetry.lock pyproject.toml ./
RUN poetry install --only main

FROM python-base as production
COPY --from=builder-base /app /app
COPY ./app /app/
EXPOSE 8000
CMD ["gunicorn", "-k", "uvicorn.workers.UvicornWorker", "app.main:app"]
