import { writeFileSync } from 'node:fs';
import { asyncApi } from './src/async-api.ts';
import { openApi } from './src/open-api.ts';

const write = (name: string, document: unknown) =>
  writeFileSync(new URL(name, import.meta.url), `${JSON.stringify(document, null, 2)}\n`);

write('openapi.json', openApi());
write('asyncapi.json', asyncApi());
