FROM node:20-slim AS base
ENV PNPM_HOME="/pnpm" PATH="/pnpm:$PATH"
RUN corepack enable
FROM base AS packages
WORKDIR /app
COPY package.json pnpm-lock.yaml* ./
RUN --mount=type=cache,id=pnpm,target=/pnpm/store pnpm install --frozen-lockfile
FROM packages AS built
COPY . .
RUN pnpm build && pnpm prune --prod
FROM base
WORKDIR /app
COPY --chown=node:node --from=packages /app/node_modules ./node_modules
COPY --chown=node:node --from=built /app/dist ./dist
USER node
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s CMD node dist/health.js || exit 1
CMD [ "node", "dist/main.js" ]
