import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const rejected: [file: string, from: string][] = [
  ['services/chat/src/chats/a-feature.ts', '../members/list-members.ts'],
  ['services/chat/src/members/a-feature.ts', '../chats/list-chats.ts'],
  ['services/chat/src/live/a-feature.ts', '../delivery/rooms.ts'],
  ['services/chat/src/push/a-feature.ts', '../receipts/mark-read.ts'],
  ['services/chat/src/sync/the-wiring.ts', '../create-deps.ts'],
  ['services/chat/src/core/a-feature.ts', '../messages/send-message.ts'],
  ['services/chat/src/core/the-dependencies.ts', '../deps.ts'],
  ['services/chat/src/core/sockets.ts', 'socket.io'],
  ['services/chat/src/presence/sockets.ts', 'socket.io'],
  ['services/chat/src/receipts/the-adapter.ts', '@socket.io/redis-adapter'],
  ['services/chat/src/messages/http.ts', 'express'],
  ['services/status/src/list-status.ts', 'express'],
  ['services/user/src/people/http.ts', 'express'],
  ['packages/domain/src/http.ts', 'express'],
  ['packages/runtime/src/sockets.ts', 'socket.io'],
];

/** The client may import types of the contract, and no values: it would carry Joi. */
const typesOnly: [file: string, from: string][] = [
  ['packages/client/src/values.ts', '@taar/contracts'],
];

const accepted: [file: string, from: string][] = [
  ['services/chat/src/chats/core.ts', '../core/access.ts'],
  ['services/chat/src/chats/dependencies.ts', '../deps.ts'],
  ['services/chat/src/chats/a-neighbour.ts', './list-chats.ts'],
  ['services/chat/src/core/a-neighbour.ts', './access.ts'],
  ['services/chat/src/live/sockets.ts', 'socket.io'],
  ['services/chat/src/delivery/sockets.ts', 'socket.io'],
  ['services/chat/src/io.ts', 'socket.io'],
  ['services/user/src/rest.ts', 'express'],
];

type Diagnostics = { diagnostics: { code: string; filename: string }[] };

/** Plants a value import, a type import and a re-export in each file, and lints them all. */
const lintPlanted = async (folder: string): Promise<string[]> => {
  const config = JSON.parse(await readFile(join(root, '.oxlintrc.json'), 'utf8')) as object;
  // Rules that need types would need the packages' own settings beside the planted files.
  await writeFile(join(folder, '.oxlintrc.json'), JSON.stringify({ ...config, options: {} }));
  for (const [file, from] of [...rejected, ...typesOnly, ...accepted]) {
    const forms = [`import { a } from '${from}';`, `import type { B } from '${from}';`];
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), [...forms, `export { c } from '${from}';`].join('\n'));
  }
  const output = await new Promise<string>((resolve) => {
    const oxlint = join(root, 'node_modules/.bin/oxlint');
    execFile(oxlint, ['--format=json'], { cwd: folder }, (_failed, stdout) => resolve(stdout));
  });
  return (JSON.parse(output) as Diagnostics).diagnostics.flatMap(({ code, filename }) =>
    code.includes('no-restricted-imports') ? [filename] : [],
  );
};

const folder = await mkdtemp(join(tmpdir(), 'boundaries-'));
const complaints = await lintPlanted(folder);
await rm(folder, { recursive: true });
const complaintsAbout = (file: string) => complaints.filter((name) => name === file).length;

test.each(rejected)('the linter rejects every import that %s makes of %s', (file) => {
  expect(complaintsAbout(file)).toBe(3);
});

test.each(typesOnly)('the linter lets %s import nothing but types of %s', (file) => {
  expect(complaintsAbout(file)).toBe(2);
});

test.each(accepted)('the linter accepts the imports that %s makes of %s', (file) => {
  expect(complaintsAbout(file)).toBe(0);
});
