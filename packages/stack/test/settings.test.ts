import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { settings as auth } from '@taar/auth/config';
import { settings as chat } from '@taar/chat/config';
import { settings as media } from '@taar/media/config';
import { settings as status } from '@taar/status/config';
import { settings as user } from '@taar/user/config';

const known = { ...auth, ...chat, ...user, ...media, ...status };
const file = await readFile(new URL('../../../.env.example', import.meta.url), 'utf8');
const lines = [...file.matchAll(/^# ([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(
  ([, name, value]) => [name!, value!] as const,
);
const listed = new Map(lines);

test('.env.example lists every setting of every service once, and no other', () => {
  expect(lines.map(([name]) => name).toSorted()).toEqual(Object.keys(known).toSorted());
});

test('.env.example lists the defaults of the services', () => {
  // The port differs by service.
  const { PORT: _port, ...common } = known;
  const defaults = Object.entries(common).map(([name, setting]) => [
    name,
    String(setting._flags['default'] ?? ''),
  ]);
  expect(Object.fromEntries(defaults)).toEqual(
    Object.fromEntries([...listed].filter(([name]) => name !== 'PORT')),
  );
});
