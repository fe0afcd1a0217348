import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { apis, asyncApi, openApi } from '../src/index.ts';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));
const plain = (document: unknown): unknown => JSON.parse(JSON.stringify(document));

describe('the printed documents', () => {
  test.each([
    ['openapi.json', openApi],
    ['asyncapi.json', asyncApi],
  ])('%s matches the contract: `npm run generate` prints it', (name, print) => {
    expect(plain(print())).toEqual(read(name));
  });

  test('contain no reference without a target', () => {
    for (const document of [plain(openApi()), plain(asyncApi())]) {
      const references = JSON.stringify(document).match(/"#\/[^"]+"/g) ?? [];
      for (const reference of new Set(references)) {
        const path = (JSON.parse(reference) as string).slice(2).split('/');
        const target = path.reduce<unknown>(
          (at, key) =>
            (at as Record<string, unknown> | undefined)?.[
              key.replaceAll('~1', '/').replaceAll('~0', '~')
            ],
          document,
        );
        expect([reference, typeof target]).toEqual([reference, 'object']);
      }
    }
  });

  test('give each operation a unique name and a path of its service', () => {
    const prefixes = {
      auth: '/auth',
      chat: '/chats',
      user: '/users',
      media: '/media',
      status: '/status',
    };
    const names = Object.entries(apis).flatMap(([service, api]) =>
      Object.entries(api).map(([name, { path }]) => {
        const prefix = prefixes[service as keyof typeof prefixes];
        expect([name, path === prefix || path.startsWith(`${prefix}/`)]).toEqual([name, true]);
        return name;
      }),
    );
    expect(names).toHaveLength(new Set(names).size);
  });
});
