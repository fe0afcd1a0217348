import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma/config';

// Windows cannot start a script by its first line: there Prisma uses its native engine.
if (process.platform !== 'win32')
  process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= fileURLToPath(
    new URL('./scripts/schema-engine.mjs', import.meta.url),
  );

export default defineConfig({
  schema: 'schema',
  migrations: { path: 'migrations', seed: 'node seed.ts' },
  // Generating the client and comparing files need no database.
  datasource: { url: process.env.DATABASE_URL ?? '' },
});
