import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma/config';

// Windows cannot run a script by its shebang line: Prisma uses its native engine there.
if (process.platform !== 'win32')
  process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= fileURLToPath(
    new URL('./scripts/schema-engine.mjs', import.meta.url),
  );

export default defineConfig({
  schema: 'schema',
  migrations: { path: 'migrations', seed: 'node seed.ts' },
  // Empty is enough to generate the client and to compare files.
  datasource: { url: process.env.DATABASE_URL ?? '' },
});
