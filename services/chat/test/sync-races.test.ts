import { expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { createDb } from '@taar/db';
import { atEnd } from '@taar/testing/at-end';
import type { Deps } from '../src/deps.ts';
import { localView, serverView } from './chat-views.ts';
import { aDevice, untilSynced } from './devices.ts';
import { aGroupWithRoles } from './groups.ts';
import { sendText } from './messages.ts';
import { startChat } from './start.ts';
import { until } from './wait.ts';

const chat = await startChat();
const { admin } = chat;
const db = createDb(chat.env.DATABASE_URL, { connectTimeoutMs: 20_000 });
atEnd(() => db.$disconnect());

test('a device finds by digest the messages of a database whose clock was behind', async () => {
  const { asha, biren, chatId } = await chat.twoFriends();
  await sendText(asha, chatId, 'Nomoskar');
  const before = await aDevice(chat.url, biren);
  await untilSynced(before);
  const { database } = before;
  await before.stop();
  await sendText(asha, chatId, 'Kemon aso?');
  await admin.$executeRaw`
    UPDATE chats
    SET last_change_at = last_change_at - interval '1 hour'
    WHERE id = ${chatId}::uuid`;

  await aDevice(chat.url, biren, { database, heartbeatMs: 100 });

  await until(
    'the device has both messages',
    () => database.chats.get(chatId)?.messages.size === 2,
  );
  expect(localView(database)).toEqual(await serverView(biren));
});

test('a sync finds a change that commits long after it was made', async () => {
  const { asha, biren, chatId } = await chat.twoFriends();
  const device = await aDevice(chat.url, biren);
  await untilSynced(device);

  await chat.admin.$transaction(async (tx) => {
    await tx.$executeRaw`
      UPDATE chats
      SET last_seq = 1,
        change_seq = 1,
        last_message_at = clock_timestamp(),
        last_change_at = clock_timestamp() - interval '9 s'
      WHERE id = ${chatId}::uuid`;
    await tx.message.create({
      data: { chatId, senderId: asha.userId, seq: 1, changeSeq: 1, content: 'slow' },
    });
    await device.sync();
    expect(device.database.chats.get(chatId)?.messages.size).toBe(0);
  });
  await device.sync();

  expect(device.database.chats.get(chatId)?.messages.size).toBe(1);
});

/** A database client that runs `interrupt` before one statement of the first sync. */
const interruptedBefore = (statement: string, interrupt: () => Promise<unknown>) => {
  let state: 'idle' | 'syncing' | 'interrupted' = 'idle';
  const $queryRaw = async (...args: Parameters<Deps['db']['$queryRaw']>) => {
    const text = (args[0] as TemplateStringsArray).join();
    if (text.includes('FROM server_state') && state === 'idle') state = 'syncing';
    else if (text.includes(statement) && state === 'syncing') {
      state = 'interrupted';
      await interrupt();
    }
    return db.$queryRaw(...args);
  };
  const interrupted = new Proxy(db, {
    get: (target, key) => (key === '$queryRaw' ? $queryRaw : Reflect.get(target, key)),
  });
  return {
    db: interrupted as unknown as Deps['db'],
    wasInterrupted: () => state === 'interrupted',
  };
};

test.each([
  ['the sync looks for changed chats', 'DISTINCT ON (wanted.id)'],
  ['the sync reads the changes', 'AS "ofChat"'],
  ['the sync reads the chats', 'to_jsonb(last)'],
])(
  'a device of a member who is added to a group just before %s has all messages',
  async (_moment, statement) => {
    const { chatId, owner, member } = await aGroupWithRoles(chat);
    const changed = await sendText(owner, chatId, 'as it was');
    const deleted = await sendText(owner, chatId, 'for a moment');
    const before = await aDevice(chat.url, member);
    await untilSynced(before);
    const { database } = before;
    await before.stop();
    await owner.call(chatRest.removeMember, { chatId, userId: member.userId });
    await owner.call(chatRest.editMessage, { chatId, messageId: changed.id, content: 'as it is' });
    await owner.call(chatRest.deleteMessage, { chatId, messageId: deleted.id, scope: 'everyone' });
    const add = () => owner.call(chatRest.addMembers, { chatId, userIds: [member.userId] });
    const { wasInterrupted, ...deps } = interruptedBefore(statement, add);
    const node = await chat.startNode({}, deps);

    await untilSynced(await aDevice(node.url, member, { database }));

    expect(wasInterrupted()).toBe(true);
    expect(localView(database)).toEqual(await serverView(member));
  },
);
