import { expect, test } from '@jest/globals';
import { createDatabase } from '@taar/client';
import { aDirectChat, aMessage, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { aDevice, intercepting, untilSynced } from './devices.ts';
import { startChat } from './start.ts';

const chat = await startChat();
const { admin } = chat;

/** The server cuts a client for which more than this waits unread. */
const cutAtBytes = 1024 * 1024;

/** A connection that records the sizes of answers to syncs. */
const measuringSyncs = () => {
  const sizes: number[] = [];
  const connect = intercepting(async (ask, event) => {
    const answer = await ask();
    if (event === 'sync') sizes.push(Buffer.byteLength(JSON.stringify(answer)));
    return answer;
  });
  return { connect, sizes };
};

/** Syncs a device with the largest pages that the server allows. */
const syncAll = async (person: Person, database = createDatabase()) => {
  const { connect, sizes } = measuringSyncs();
  const pages = { perChat: 200, budget: 1_000, compress: false };
  const device = await aDevice(chat.url, person, { database, connect, ...pages });
  await untilSynced(device);
  await device.stop();
  const chats = [...device.database.chats.values()];
  return { largest: Math.max(...sizes), messages: chats.map(({ messages }) => messages.size) };
};

test('a sync of long messages stays below the size that cuts slow clients', async () => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  const direct = await aDirectChat(admin, asha, biren);
  const content = 'ক'.repeat(8_192);
  for (let i = 0; i < 120; i++) await aMessage(admin, direct, asha, { content });

  const { largest, messages } = await syncAll(chat.as(biren));

  expect(largest).toBeLessThan(cutAtBytes);
  expect(messages).toEqual([120]);
});

/** Adds one message to every chat of the sender. */
const addMessageToEachChat = (senderId: string, content: string) => admin.$executeRaw`
  WITH changed_chat AS (
    UPDATE chats chat
    SET last_seq = chat.last_seq + 1,
      change_seq = chat.change_seq + 1,
      last_change_at = clock_timestamp()
    FROM chat_members member
    WHERE member.chat_id = chat.id AND member.user_id = ${senderId}::uuid
    RETURNING chat.id, chat.last_seq, chat.change_seq
  )
  INSERT INTO messages (chat_id, sender_id, seq, change_seq, content)
  SELECT id, ${senderId}::uuid, last_seq, change_seq, ${content}
  FROM changed_chat`;

test('a sync of many changed chats stays below the size that cuts slow clients', async () => {
  const count = 600;
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  await admin.$executeRaw`
    WITH new_chat AS (
      INSERT INTO chats (is_group, name, member_count)
      SELECT true, 'Adda ' || number, 2
      FROM generate_series(1, ${count}::int) number
      RETURNING id
    )
    INSERT INTO chat_members (chat_id, user_id, joined_seq)
    SELECT new_chat.id, member_id, 1
    FROM new_chat, unnest(${[asha.id, biren.id]}::uuid[]) member_id`;
  const [person, database] = [chat.as(biren), createDatabase()];
  await syncAll(person, database);

  await addMessageToEachChat(asha.id, 'Kemon aso? '.repeat(40));
  const { largest, messages } = await syncAll(person, database);

  expect(largest).toBeLessThan(cutAtBytes);
  expect(messages).toEqual(Array(count).fill(1));
});

test('a first sync of long last messages stays below the size that cuts slow clients', async () => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  const content = 'ক'.repeat(8_192);
  await admin.$executeRaw`
    WITH new_chat AS (
      INSERT INTO chats (is_group, name, member_count, last_seq, change_seq)
      SELECT true, 'Adda ' || number, 2, 1, 1
      FROM generate_series(1, 100) number
      RETURNING id
    ), new_member AS (
      INSERT INTO chat_members (chat_id, user_id, joined_seq, user_ver)
      SELECT new_chat.id, member_id, 1, row_number() OVER ()
      FROM new_chat, unnest(${[asha.id, biren.id]}::uuid[]) member_id
    )
    INSERT INTO messages (chat_id, sender_id, seq, change_seq, content)
    SELECT id, ${asha.id}::uuid, 1, 1, ${content}
    FROM new_chat`;
  await admin.userState.update({ where: { userId: biren.id }, data: { userVer: 200 } });

  const { largest, messages } = await syncAll(chat.as(biren));

  expect(largest).toBeLessThan(cutAtBytes);
  expect(messages).toEqual(Array(100).fill(1));
});
