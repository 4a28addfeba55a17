# Two images: `scoring` (also for storage, tuning, timers and topics) and `train` (also for prediction, treasury and the API),
# which adds tensorflow, prophet, shap and xgboost.
#
#   docker build --target scoring --tag wisebook-ml:scoring .
#   docker run --rm wisebook-ml:scoring --help

# --- The package itself, as a wheel -------------------------------------------------------------------------
FROM python:3.11-slim AS package
WORKDIR /src
COPY pyproject.toml README.md ./
COPY schemas schemas
COPY topics topics
COPY wisebook_ml wisebook_ml
COPY agents agents
COPY requirements requirements
RUN pip install --no-cache-dir --require-hashes --only-binary :all: --requirement requirements/build.txt \
    && pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels .

# --- Its dependencies: exactly the locked files, by hash, and none that would have to be compiled ------------
FROM python:3.11-slim AS dependencies
WORKDIR /locked
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements requirements

FROM dependencies AS scoring-venv
RUN pip install --require-hashes --only-binary :all: --requirement requirements/base.txt
COPY --from=package /wheels /wheels
RUN pip install --no-deps --no-index /wheels/*.whl && pip check

FROM dependencies AS train-venv
RUN pip install --require-hashes --only-binary :all: --requirement requirements/train.txt
COPY --from=package /wheels /wheels
RUN pip install --no-deps --no-index /wheels/*.whl && pip check

# --- What both images have in common: a user without rights, and where it may write --------------------------
FROM python:3.11-slim AS runtime
# `docker build --build-arg VERSION=… --build-arg REVISION=$(git rev-parse HEAD)`; no licence is named, since none is chosen.
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="wisebook-ml" \
      org.opencontainers.image.description="Scores French accounting ledgers in a Kafka stream and explains what it finds" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.vendor="WiseBook" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11-slim"
# The folders exist in the image with the user's ownership, which new volumes take over. The ids are fixed, so that
# both images read and write the same volume.
RUN groupadd --gid 10001 wisebook \
    && useradd --uid 10001 --gid wisebook --no-create-home --home-dir /var/lib/wisebook wisebook \
    && install --directory --owner wisebook --group wisebook \
        /var/lib/wisebook /var/lib/wisebook/ml_models /var/lib/wisebook/state
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/var/lib/wisebook/compiled \
    WISEBOOK_ML_HOME=/var/lib/wisebook \
    WISEBOOK_ML_ARTEFACTS=/var/lib/wisebook/ml_models
WORKDIR /var/lib/wisebook
# By its number: who forbids root in a cluster cannot resolve a name.
USER 10001
ENTRYPOINT ["wisebook-ml"]
CMD ["--help"]

FROM runtime AS train
COPY --from=train-venv /opt/venv /opt/venv
RUN wisebook-ml compile

# Last, so that a build without a target makes the small one.
FROM runtime AS scoring
COPY --from=scoring-venv /opt/venv /opt/venv
# For the machine that builds; a worker on another kind of processor compiles anew when it starts.
RUN wisebook-ml compile
