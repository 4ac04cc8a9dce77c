# syntax=docker/dockerfile:1
# One image for everything but the database: workers, commands and the MLflow server.
#
#     docker build --target cpu  --tag colorization-tuner:cpu  .
#     docker build --target cuda --tag colorization-tuner:cuda .

FROM python:3.11-slim-bookworm AS base
ENV GIT_PYTHON_REFRESH=quiet \
    HOME=/work \
    PIP_CACHE_DIR=/var/cache/pip \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    XDG_CACHE_HOME=/cache
# New volumes take the owner of the folder that they cover.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /work tuner \
 && install --directory --owner=tuner --group=tuner /work /share /cache /artifacts
COPY --chmod=755 deploy/with-password /usr/local/bin/
COPY constraints.txt /
WORKDIR /work
ENTRYPOINT ["with-password"]
CMD ["tuner", "worker"]

FROM base AS wheel
WORKDIR /source
RUN --mount=type=cache,target=/var/cache/pip \
    pip install --constraint /constraints.txt hatchling
COPY pyproject.toml README.md LICENSE ./
COPY studies studies
COPY tuner tuner
RUN pip wheel --no-build-isolation --no-deps --wheel-dir /wheel .

FROM base AS torch-cpu
RUN --mount=type=cache,target=/var/cache/pip \
    pip install --constraint /constraints.txt \
      --index-url https://download.pytorch.org/whl/cpu torch torchvision

FROM base AS torch-cuda
ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility
RUN --mount=type=cache,target=/var/cache/pip \
    pip install --constraint /constraints.txt torch torchvision

FROM torch-cpu AS cpu
RUN --mount=type=cache,target=/var/cache/pip --mount=type=bind,from=wheel,source=/wheel,target=/wheel \
    pip install --constraint /constraints.txt "$(echo /wheel/*.whl)[postgresql]"
USER 10001:10001

FROM torch-cuda AS cuda
RUN --mount=type=cache,target=/var/cache/pip --mount=type=bind,from=wheel,source=/wheel,target=/wheel \
    pip install --constraint /constraints.txt "$(echo /wheel/*.whl)[postgresql]"
USER 10001:10001
