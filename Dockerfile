# syntax=docker/dockerfile:1
# Three images: `annotator` (CNN pipelines, no torch), `cpu` (all of Freshet, torch's CPU build), `gpu` (CUDA and CuPy).
#   docker build --target annotator -t freshet:annotator .        here, without a daemon: make image
# Each runs as uid 10001 on a read-only root; what it writes goes to /tmp and /var/cache/freshet. docs/operations.md, "Image".
ARG BASE_IMAGE=docker.io/library/debian:trixie-slim

FROM ${BASE_IMAGE} AS python
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 \
    && cp /var/lib/dpkg/status /usr/share/dpkg.status \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/*

FROM python AS tools
COPY image/requirements/build.txt /requirements/
RUN apt-get update \
    && apt-get install -y --no-install-recommends binutils python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && python3 -m venv /opt/tools \
    && /opt/tools/bin/pip install --no-cache-dir --require-hashes -r /requirements/build.txt
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# An environment without pip of its own: nothing in the image can install anything.
RUN python3 -m venv --without-pip /opt/freshet

FROM tools AS annotator-requirements
COPY image/requirements/annotator.txt /requirements/
RUN /opt/tools/bin/pip --python /opt/freshet/bin/python install --no-deps --require-hashes --only-binary :all: -r /requirements/annotator.txt

# The wheel with its loops compiled for each of these CPU levels (a minute of a core and 7 MB each), by the very numba that
# is locked: a cold container with nothing to write to compiles nothing. A CPU takes the best that it has; one without AVX2
# would need "all". "best": for the building machine.
FROM annotator-requirements AS wheel
WORKDIR /src
COPY . .
ARG LEVELS="x86-64-v4 x86-64-v3"
RUN /opt/tools/bin/pip wheel --no-deps --no-index --no-build-isolation --wheel-dir /tmp/bare . \
    && /opt/tools/bin/pip --python /opt/freshet/bin/python install --no-deps --no-index /tmp/bare/freshet-*.whl \
    && cd /tmp && for level in $LEVELS; do /opt/freshet/bin/python -m workers.machine_code "$level" /tmp/sets || exit 1; done \
    && cd /src \
    && FRESHET_SETS=/tmp/sets /opt/tools/bin/pip wheel --no-deps --no-index --no-build-isolation --wheel-dir /wheels .

FROM annotator-requirements AS annotator-installed
COPY image/sbom.py image/trim.sh /image/
COPY --from=wheel /wheels /wheels
RUN /opt/tools/bin/pip --python /opt/freshet/bin/python install --no-deps --no-index /wheels/freshet-*.whl \
    && sh /image/trim.sh /opt/freshet \
    && /opt/freshet/bin/python /image/sbom.py > /opt/freshet/sbom.cdx.json

FROM tools AS cpu-requirements
COPY image/requirements/cpu.txt image/requirements/torch-cpu.txt /requirements/
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN /opt/tools/bin/pip --python /opt/freshet/bin/python install --no-deps --require-hashes --only-binary :all: -r /requirements/cpu.txt \
    && /opt/tools/bin/pip --python /opt/freshet/bin/python install --no-deps --only-binary :all: --index-url "$TORCH_INDEX" \
         -r /requirements/torch-cpu.txt

FROM cpu-requirements AS cpu-installed
COPY image/sbom.py image/trim.sh /image/
COPY --from=wheel /wheels /wheels
RUN /opt/tools/bin/pip --python /opt/freshet/bin/python install --no-deps --no-index /wheels/freshet-*.whl \
    && sh /image/trim.sh /opt/freshet \
    && /opt/freshet/bin/python /image/sbom.py > /opt/freshet/sbom.cdx.json

# torch's wheels bring CUDA's libraries; of the machine only the driver is needed, so the base is the same small one.
FROM tools AS gpu-requirements
COPY image/requirements/gpu.txt /requirements/
RUN /opt/tools/bin/pip --python /opt/freshet/bin/python install --no-deps --require-hashes --only-binary :all: -r /requirements/gpu.txt

FROM gpu-requirements AS gpu-installed
COPY image/sbom.py image/trim.sh /image/
COPY --from=wheel /wheels /wheels
RUN /opt/tools/bin/pip --python /opt/freshet/bin/python install --no-deps --no-index /wheels/freshet-*.whl \
    && sh /image/trim.sh /opt/freshet \
    && /opt/freshet/bin/python /image/sbom.py > /opt/freshet/sbom.cdx.json

FROM python AS runtime
# A uid with a passwd entry: torch asks for the user's name while it is imported.
RUN groupadd --gid 10001 freshet \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin freshet \
    && install -d -o 10001 -g 0 -m 0770 /var/cache/freshet
# All that a library might write goes where a volume may be; HOME too.
ENV PATH=/opt/freshet/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp \
    NUMBA_CACHE_DIR=/var/cache/freshet/numba XDG_CACHE_HOME=/var/cache/freshet HF_HOME=/var/cache/freshet/hf \
    TORCHINDUCTOR_CACHE_DIR=/var/cache/freshet/inductor TRITON_CACHE_DIR=/var/cache/freshet/triton \
    CUPY_CACHE_DIR=/var/cache/freshet/cupy
USER 10001:10001
WORKDIR /tmp
STOPSIGNAL SIGTERM
ENTRYPOINT ["freshet"]
CMD ["annotate", "en_starter"]
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="freshet" \
      org.opencontainers.image.description="A streaming NLP worker fleet" \
      org.opencontainers.image.licenses="Apache-2.0 AND CC-BY-SA-4.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="docker.io/library/debian:trixie-slim"

FROM runtime AS gpu
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=gpu-installed /opt/freshet /opt/freshet

FROM runtime AS cpu
COPY --from=cpu-installed /opt/freshet /opt/freshet

FROM runtime AS annotator
COPY --from=annotator-installed /opt/freshet /opt/freshet
