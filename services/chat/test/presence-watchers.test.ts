import { expect, test } from '@jest/globals';
import { aUser } from '@taar/testing/factories';
import { startChat } from './start.ts';

const chat = await startChat();
const { admin } = chat;
const node = await chat.startNode({ PRESENCE_GRACE_MS: '100' });

const cap = 500;
const nth = (n: number) => ({ id: `00000000-0000-4000-8000-${`${n}`.padStart(12, '0')}` });

/** Users who are online and have this user as a contact, without connected devices. */
const addWatchers = async (userId: string, count: number) => {
  const ids = Array.from({ length: count }, (_, i) => nth(i + 1).id);
  await admin.$executeRaw`
    INSERT INTO users (id, firebase_uid, phone_number, name, is_online)
    SELECT watcher_id::uuid, watcher_id, '+91' || right(watcher_id, 10), 'Watcher', true
    FROM unnest(${ids}::text[]) watcher_id`;
  await admin.$executeRaw`
    INSERT INTO contacts (owner_id, user_id, phone_hash, name)
    SELECT watcher_id::uuid, ${userId}::uuid, sha256(watcher_id::bytea), 'x'
    FROM unnest(${ids}::text[]) watcher_id`;
};

test('presence is emitted to the same 500 watchers when a user comes and goes', async () => {
  const watched = await aUser(admin);
  await addWatchers(watched.id, cap + 1);
  const [first, last, beyondCap] = await Promise.all(
    [1, cap, cap + 1].map((n) => node.as(nth(n)).connect()),
  );

  const phone = await node.as(watched).connect();
  for (const watcher of [first!, last!])
    expect(await watcher.next('user_online')).toMatchObject({ userId: watched.id });
  phone.close();
  for (const watcher of [first!, last!])
    expect(await watcher.next('user_offline')).toMatchObject({ userId: watched.id });

  await beyondCap!.ask('last_seen_update', { state: 'active' });
  expect(beyondCap!.seen('user_online')).toEqual([]);
  expect(beyondCap!.seen('user_offline')).toEqual([]);
});
