# syntax=docker/dockerfile:1
FROM python:3.12-slim AS build
WORKDIR /src
COPY . .
# CNN pipelines need no extra. For GPU pools: --build-arg EXTRAS=cuda13; for torch's CPU build, a tenth of the CUDA one:
# --build-arg EXTRAS=torch --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cpu
ARG EXTRAS=
ARG TORCH_INDEX=
RUN python -m venv /opt/freshet \
    && if [ -n "$TORCH_INDEX" ]; then /opt/freshet/bin/pip install --no-cache-dir torch --index-url "$TORCH_INDEX"; fi \
    && /opt/freshet/bin/pip install --no-cache-dir ".${EXTRAS:+[$EXTRAS]}" \
    && /opt/freshet/bin/python -m workers.machine_code all /tmp/sets \
    && FRESHET_SETS=/tmp/sets /opt/freshet/bin/pip install --no-cache-dir --no-deps --force-reinstall .

FROM python:3.12-slim
# A uid with a passwd entry: torch asks for the user's name while it is imported.
RUN useradd --uid 10001 --create-home freshet && mkdir /var/cache/freshet && chown freshet /var/cache/freshet
COPY --from=build /opt/freshet /opt/freshet
ENV PATH=/opt/freshet/bin:$PATH NUMBA_CACHE_DIR=/var/cache/freshet PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
WORKDIR /home/freshet
ENTRYPOINT ["freshet"]
CMD ["annotate", "en_starter"]
