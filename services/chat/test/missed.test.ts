import { expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { createDb } from '@taar/db';
import { atEnd } from '@taar/testing/at-end';
import type { Deps } from '../src/deps.ts';
import { aDevice, settled, until, viewOf, viewOverRest } from './devices.ts';
import { aFourfold } from './groups.ts';
import { say } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat();
const { admin } = chat;
const db = createDb(chat.env.DATABASE_URL);
atEnd(() => db.$disconnect());

test('what was said while the clock of the database was behind, a device finds by its digest', async () => {
  const { asha, biren, chatId } = await chat.twoFriends();
  await say(asha, chatId, 'Nomoskar');
  const before = await aDevice(chat.url, biren);
  await settled(before);
  const { database } = before;
  await before.stop();
  await say(asha, chatId, 'Kemon aso?');
  await admin.$executeRaw`
    UPDATE chats SET last_change_at = last_change_at - interval '1 hour' WHERE id = ${chatId}::uuid`;

  await aDevice(chat.url, biren, { database, heartbeatMs: 100 });

  await until('it has it', () => database.chats.get(chatId)?.messages.size === 2);
});

test('how far others have read is found with the sync, of the chats that are asked for', async () => {
  const { asha, biren, chatId } = await chat.twoFriends();
  const { asha: other, chatId: elsewhere } = await chat.twoFriends();
  await say(asha, chatId, 'Kemon aso?');
  const { body: before } = await asha.call(chatRest.sync, { protocol: 1, chats: [] });
  await biren.call(chatRest.markRead, { chatId, upToSeq: 1 });
  await say(other, elsewhere, 'not hers');

  const { body } = await asha.call(chatRest.sync, {
    protocol: 1,
    userVer: before.userVer,
    chats: [{ id: chatId, changeSeq: 1 }],
    want: { receipts: [chatId, elsewhere] },
  });

  expect(body).toMatchObject({ chats: [], hasMore: false });
  expect(body.receipts).toEqual([{ id: chatId, deliveredToAllUpToSeq: 1, readByAllUpToSeq: 1 }]);
});

/** Something happens between two of the statements of the first sync. */
const interrupted = (before: string, happen: () => Promise<unknown>) => {
  let state: 'idle' | 'syncing' | 'over' = 'idle';
  const $queryRaw = async (...args: Parameters<Deps['db']['$queryRaw']>) => {
    const text = (args[0] as TemplateStringsArray).join();
    if (text.includes('FROM server_state') && state === 'idle') state = 'syncing';
    else if (text.includes(before) && state === 'syncing') {
      state = 'over';
      await happen();
    }
    return db.$queryRaw(...args);
  };
  return new Proxy(db, {
    get: (target, key) => (key === '$queryRaw' ? $queryRaw : Reflect.get(target, key)),
  });
};

test.each([
  ['what changed is looked for', 'DISTINCT ON (k.id)'],
  ['the changes are read', 'AS of_chat'],
  ['the chats are read', 'to_jsonb(last)'],
])('who comes back into a group just before %s has it as it is', async (_when, statement) => {
  const { chatId, owner, member } = await aFourfold(chat);
  const changed = await say(owner, chatId, 'as it was');
  const deleted = await say(owner, chatId, 'for a moment');
  const before = await aDevice(chat.url, member);
  await settled(before);
  const { database } = before;
  await before.stop();
  await owner.call(chatRest.removeMember, { chatId, userId: member.userId });
  await owner.call(chatRest.editMessage, { chatId, messageId: changed.id, content: 'as it is' });
  await owner.call(chatRest.deleteMessage, { chatId, messageId: deleted.id, scope: 'everyone' });
  const add = () => owner.call(chatRest.addMembers, { chatId, userIds: [member.userId] });
  const node = await chat.startNode(
    {},
    { db: interrupted(statement, add) as unknown as Deps['db'] },
  );

  await settled(await aDevice(node.url, member, { database }));

  expect(viewOf(database)).toEqual(await viewOverRest(member));
});
