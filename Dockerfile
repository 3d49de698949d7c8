# The server's image. Both bases are arguments: the first has Node and npm, the second nothing but glibc and libstdc++.
ARG BUILD_IMAGE=node:24-bookworm-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /app

# Node's symbols are 18 MB that nothing reads.
RUN command -v strip > /dev/null || (apt-get update && apt-get install -y --no-install-recommends binutils)
RUN cp "$(readlink -f "$(command -v node)")" /tmp/node && strip /tmp/node

# Only these decide what is installed: a change of the sources leaves the layer as it is.
COPY package.json package-lock.json ./
COPY server/package.json server/
COPY charts-ts/package.json charts-ts/
COPY infra/package.json infra/
RUN npm ci --omit=dev --ignore-scripts --workspace=@zenml-workspace/server \
  # The bill of materials is of what is installed: what is not would be an error.
  && npm pkg delete devDependencies && npm pkg set --json 'workspaces=["server"]' \
  && npm sbom --sbom-format=cyclonedx > sbom.cdx.json \
  # Types and sources, source maps, texts but the licences, tests, and programs of other systems.
  && find node_modules -type f \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' \) -delete \
  && find node_modules -type f -name '*.md' ! -iname 'licen*' ! -iname 'notice*' -delete \
  && find node_modules -type d \( -name test -o -name tests -o -name __tests__ \) -prune -exec rm -rf {} + \
  && find node_modules -type d -path '*/prebuilds/*' ! -name 'linux-*' -prune -exec rm -rf {} + \
  && rm -rf charts-ts infra \
  && install -d -o 65532 -g 65532 compile-cache

COPY LICENSE NOTICE ./
COPY server server
# What Node makes of the sources: starts are quicker and the process is some 25 MB smaller. The cache is of one Node, one
# user and one set of flags; under another user the server runs without it.
USER 65532:65532
RUN NODE_COMPILE_CACHE=/app/compile-cache \
  /tmp/node --max-semi-space-size=12 --heap-growing-percent=20 server/src/main.ts --help > /dev/null
USER root
# With a folder `dashboard` in the context the image shows it; LICENSE is there so that one file always matches.
COPY LICENSE dashboar[d] dashboard/

FROM ${RUNTIME_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="zenml-workspace-server" \
  org.opencontainers.image.description="REST API of ZenML 0.98.0 on MySQL, and workload managers for Kubernetes" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
COPY --from=build /tmp/node /usr/local/bin/node
COPY --from=build /app /app
WORKDIR /app
ENV NODE_ENV=production \
  HOME=/tmp \
  MALLOC_ARENA_MAX=2 \
  NODE_COMPILE_CACHE=/app/compile-cache \
  ZENML_WORKSPACE_HOST=0.0.0.0 \
  ZENML_WORKSPACE_PORT=8080 \
  ZENML_WORKSPACE_DASHBOARD_DIR=/app/dashboard
EXPOSE 8080 9090
USER 65532:65532
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ZENML_WORKSPACE_PORT}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# The process takes signals itself: no shell, no npm. The flags, and the limit of glibc's arenas above, bound its memory.
ENTRYPOINT ["node", "--max-semi-space-size=12", "--heap-growing-percent=20", "server/src/main.ts"]
