#!/usr/bin/env node
// Prisma's CLI downloads a native engine at its first command. This script replaces it: the same
// engine as WebAssembly, speaking the JSON-RPC lines that the CLI expects from its child process.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as wasm from '@prisma/schema-engine-wasm/schema_engine_bg';
import { adapterFactory } from './engine/adapter.mjs';
import { databaseCommand } from './engine/database-command.mjs';
import { noDatabase } from './engine/no-database.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: {
    version: { type: 'boolean' },
    datamodels: { type: 'string', multiple: true },
    datasource: { type: 'string' },
  },
});
const datasource = options.datasource ? JSON.parse(options.datasource) : {};

// oxlint-disable no-underscore-dangle -- the names are wasm-bindgen's
const loadEngine = async () => {
  const script = createRequire(import.meta.url).resolve(
    '@prisma/schema-engine-wasm/schema_engine_bg',
  );
  const { instance } = await WebAssembly.instantiate(
    readFileSync(script.replace(/\.js$/, '.wasm')),
    {
      './schema_engine_bg.js': wasm,
    },
  );
  wasm.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
};
// oxlint-enable no-underscore-dangle

const isDiffOfFiles = (method, { from, to }) =>
  method === 'diff' && [from, to].every(({ tag }) => tag === 'empty' || tag === 'schemaDatamodel');

let engine;
const engineFor = (method, params) => {
  const url = params?.url ?? params?.datasourceType?.url ?? datasource.url;
  engine ??= wasm.SchemaEngine.new(
    { datamodels: options.datamodels?.map((file) => [file, readFileSync(file, 'utf8')]) },
    () => {},
    bindMigrationAwareSqlAdapterFactory(
      isDiffOfFiles(method, params)
        ? noDatabase
        : adapterFactory(url, datasource.shadowDatabaseUrl),
    ),
  );
  return engine;
};

const send = (message) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

const call = async (method, params) => {
  if (method === 'createDatabase') {
    await databaseCommand('create-database', datasource.url);
    return { databaseName: new URL(datasource.url).pathname.slice(1) };
  }
  const ready = await engineFor(method, params);
  const result = await ready[method === 'getDatabaseVersion' ? 'version' : method](params);
  // The native engine sends the output of a diff to the CLI as a separate request.
  if (method === 'diff' && typeof result?.stdout === 'string')
    send({ id: 0, method: 'print', params: { content: result.stdout } });
  return result ?? {};
};

/** The engine throws errors whose message is JSON; other errors keep their plain message. */
const errorData = (error) => {
  try {
    return JSON.parse(error.message);
  } catch {
    return {
      is_panic: false,
      message: String(error.message),
      meta: null,
      error_code: error.code ?? null,
    };
  }
};

const answer = async ({ id, method, params }) => {
  try {
    send({ id, result: await call(method, params) });
  } catch (error) {
    send({ id, error: { code: 4466, message: 'See data.', data: errorData(error) } });
  }
};

const serve = () => {
  let queue = Promise.resolve();
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
  lines.on('line', (line) => {
    const message = JSON.parse(line);
    if (message.method) queue = queue.then(() => answer(message));
  });
  lines.on('close', () => void queue.then(() => process.exit(0)));
};

await loadEngine();
if (options.version) console.log(`schema-engine-cli ${wasm.version()}`);
else if (positionals[0] === 'cli')
  process.exit(await databaseCommand(positionals[1], datasource.url));
else serve();
