import { randomUUID } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import { Client, Pool } from 'pg';

const charOid = 18;
const textOid = 25;

/** URL parameters that Prisma knows and PostgreSQL does not. */
const prismaParameters = [
  'schema',
  'connection_limit',
  'pool_timeout',
  'pgbouncer',
  'connect_timeout',
  'statement_cache_size',
];

/** The adapter does not know the catalog's "char" type: columns of it are read as text. */
const readCharColumns = (adapter, pool) => {
  const { queryRaw } = adapter;
  return async (query) => {
    const chars = [];
    const client = {
      query: async (text) => {
        const result = await pool.query(text);
        for (const [index, field] of result.fields.entries()) {
          if (field.dataTypeID !== charOid) continue;
          field.dataTypeID = textOid;
          chars.push(index);
        }
        return result;
      },
    };
    const result = await queryRaw.call(
      Object.create(adapter, { client: { value: client } }),
      query,
    );
    for (const index of chars) result.columnTypes[index] = ColumnTypeEnum.Character;
    return result;
  };
};

const connect = async (connectionString, schema, cleanUp = async () => {}) => {
  // One connection, because the engine's advisory lock and search_path belong to a session.
  const pool = new Pool({ connectionString, max: 1, options: `-c search_path="${schema}"` });
  const adapter = await new PrismaPg(pool, { schema }).connect();
  adapter.queryRaw = readCharColumns(adapter, pool);
  // The adapter's own method splits a script at every semicolon, also inside function bodies.
  adapter.executeScript = async (script) => {
    await pool.query(script).catch((error) => adapter.onError(error));
  };
  adapter.dispose = async () => {
    await pool.end();
    await cleanUp();
  };
  return adapter;
};

const withDatabase = (url, database) => {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
};

const createShadowDatabase = async (url) => {
  const name = `prisma_migrate_shadow_db_${randomUUID()}`;
  const admin = async (statement) => {
    const client = new Client({ connectionString: url.href });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await admin(`CREATE DATABASE "${name}"`);
  return {
    url: withDatabase(url, name),
    drop: () => admin(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`),
  };
};

/** Connects the engine to a database and to its shadow database. */
export const adapterFactory = (databaseUrl, shadowDatabaseUrl) => {
  const url = new URL(databaseUrl);
  const schema = url.searchParams.get('schema') ?? 'public';
  for (const parameter of prismaParameters) url.searchParams.delete(parameter);
  return {
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: () => connect(url.href, schema),
    connectToShadowDb: async () => {
      if (shadowDatabaseUrl) return connect(shadowDatabaseUrl, schema);
      const shadow = await createShadowDatabase(url);
      return connect(shadow.url, schema, shadow.drop);
    },
  };
};
