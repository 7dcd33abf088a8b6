# syntax=docker/dockerfile:1
# The hardened image: one program, one user, one POSIX sh. `--target locked` has no shell at all, and no run_command.
ARG NODE=node:24

# Compiles the SQLite binding and the sources, then keeps only what runs.
FROM ${NODE}-bookworm AS build
WORKDIR /app
# Node's headers lie in the image: nothing is downloaded for compiling.
ENV npm_config_nodedir=/usr/local
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
COPY adapters ./adapters
RUN npm run build \
 && npm prune --omit=dev \
 && rm -rf node_modules/better-sqlite3/deps node_modules/better-sqlite3/src node_modules/better-sqlite3/build/Release/obj*

# The base without what an intruder would use: package managers, bash, perl, setuid bits.
FROM ${NODE}-bookworm-slim AS base
RUN userdel --remove node \
 && useradd --uid 1001 --user-group --create-home --shell /usr/sbin/nologin seneschal \
 && mkdir -p /home/seneschal/.seneschal /home/seneschal/.cache /workspace \
 && chown -R 1001:1001 /home/seneschal /workspace \
 && chmod 0700 /home/seneschal/.seneschal /workspace \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
 && rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
      /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn* /usr/local/include /usr/local/bin/docker-entrypoint.sh \
      /usr/bin/apt* /usr/lib/apt /usr/lib/*/libapt* /var/lib/apt /var/cache/apt /etc/apt /usr/share/bash-completion \
      /usr/bin/perl* /usr/share/perl* /usr/lib/*/perl* /etc/perl /usr/bin/bash /usr/bin/rbash /usr/bin/bashbug \
      /etc/bash.bashrc /etc/skel /home/seneschal/.bash* /home/seneschal/.profile \
      /usr/bin/dpkg* /usr/sbin/dpkg* /var/lib/dpkg /usr/share/dpkg /etc/dpkg
COPY --from=build /app/package.json /app/package.json
COPY --from=build /app/scripts/health.mjs /app/scripts/health.mjs
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist

FROM base AS base-without-shell
RUN rm -f /usr/bin/sh /usr/bin/dash

# One layer each: what was removed is in no layer below.
FROM scratch AS locked
COPY --from=base-without-shell / /
COPY --from=base-without-shell --chown=1001:1001 /home/seneschal /home/seneschal
COPY --from=base-without-shell --chown=1001:1001 /workspace /workspace
ENV PATH=/usr/local/bin:/usr/bin NODE_ENV=production HOME=/home/seneschal \
    SENESCHAL_HOME=/home/seneschal/.seneschal SENESCHAL_TOOLS_OFF=run_command
USER 1001:1001
WORKDIR /home/seneschal
VOLUME /home/seneschal/.seneschal
EXPOSE 8443
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["node", "/app/scripts/health.mjs"]
ENTRYPOINT ["node", "--max-semi-space-size=1", "--v8-pool-size=1", "/app/dist/src/main.js"]
CMD ["start"]

FROM scratch AS standard
COPY --from=base / /
COPY --from=base --chown=1001:1001 /home/seneschal /home/seneschal
COPY --from=base --chown=1001:1001 /workspace /workspace
ENV PATH=/usr/local/bin:/usr/bin NODE_ENV=production HOME=/home/seneschal \
    SENESCHAL_HOME=/home/seneschal/.seneschal
USER 1001:1001
WORKDIR /home/seneschal
VOLUME /home/seneschal/.seneschal
EXPOSE 8443
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["node", "/app/scripts/health.mjs"]
ENTRYPOINT ["node", "--max-semi-space-size=1", "--v8-pool-size=1", "/app/dist/src/main.js"]
CMD ["start"]
