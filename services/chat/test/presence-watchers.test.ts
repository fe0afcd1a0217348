import { expect, test } from '@jest/globals';
import { aUser } from '@taar/testing/factories';
import { startChat } from './start.ts';

const chat = await startChat();
const { admin } = chat;
const node = await chat.startNode({ PRESENCE_GRACE_MS: '100' });

const cap = 500;
const nth = (n: number) => ({ id: `00000000-0000-4000-8000-${`${n}`.padStart(12, '0')}` });

/** People who are online and have this one in their address books; only of some is a phone here. */
const watch = async (userId: string, count: number) => {
  const ids = Array.from({ length: count }, (_, i) => nth(i + 1).id);
  await admin.$executeRaw`
    INSERT INTO users (id, firebase_uid, phone_number, name, is_online)
    SELECT id::uuid, id, '+91' || right(id, 10), 'Watcher', true FROM unnest(${ids}::text[]) AS t(id)`;
  await admin.$executeRaw`
    INSERT INTO contacts (owner_id, user_id, phone_hash, name)
    SELECT id::uuid, ${userId}::uuid, sha256(id::bytea), 'x' FROM unnest(${ids}::text[]) AS t(id)`;
};

test('whoever comes and goes is told to 500 who watch, the same ones, and to no more', async () => {
  const known = await aUser(admin);
  await watch(known.id, cap + 1);
  const [first, last, beyond] = await Promise.all(
    [1, cap, cap + 1].map((n) => node.as(nth(n)).connect()),
  );

  const phone = await node.as(known).connect();
  for (const watcher of [first!, last!])
    expect(await watcher.next('user_online')).toMatchObject({ userId: known.id });
  phone.close();
  for (const watcher of [first!, last!])
    expect(await watcher.next('user_offline')).toMatchObject({ userId: known.id });

  await beyond!.ask('last_seen_update', { state: 'active' });
  expect(beyond!.seen('user_online')).toEqual([]);
  expect(beyond!.seen('user_offline')).toEqual([]);
});
