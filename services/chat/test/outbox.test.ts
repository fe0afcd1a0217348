import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { OutboxStore } from '@taar/client';
import { createFileStore } from '@taar/client/file-store';
import { atEnd } from '@taar/testing/at-end';
import { aDevice, settled } from './devices.ts';
import { startChat } from './start.ts';

const chat = await startChat();
const folder = await mkdtemp(join(tmpdir(), 'taar-outbox-'));
atEnd(() => rm(folder, { recursive: true, force: true }));

/** A disk that fails the first time that something is to be taken from it. */
const failingOnce = (): OutboxStore => {
  const store = createFileStore(join(folder, `${randomUUID()}.jsonl`));
  let failed = false;
  return {
    ...store,
    remove: async (id) => {
      if (failed) return store.remove(id);
      failed = true;
      throw new Error('The disk failed.');
    },
  };
};

test('what the server refuses is given up though the disk fails meanwhile, and the rest goes on', async () => {
  const { asha, chatId } = await chat.twoFriends();
  const store = failingOnce();
  const device = await aDevice(chat.url, asha, { store });
  await settled(device);

  const refused = device.send({ chatId, replyToId: randomUUID(), content: 'to nothing' });
  const next = device.send({ chatId, content: 'Kemon aso?' });

  await expect(refused).rejects.toMatchObject({ problem: { code: 'validation_failed' } });
  expect(await next).toMatchObject({ content: 'Kemon aso?' });
  expect(await store.load()).toEqual([]);
});
