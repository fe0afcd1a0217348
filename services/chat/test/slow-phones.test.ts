import { expect, test } from '@jest/globals';
import { type Connect, createDatabase } from '@taar/client';
import { aDirectChat, aMessage, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { io } from 'socket.io-client';
import { aDevice, settled } from './devices.ts';
import { startChat } from './start.ts';

const chat = await startChat();
const { admin } = chat;

/** What waits unread for longer than a moment ends a connection from here on. */
const cutAtBytes = 1024 * 1024;

/** Notes how large the answers to a device's syncs are. */
const weighing = () => {
  const sizes: number[] = [];
  const connect: Connect = (url, options) => {
    const socket = io(url, options);
    const ask = socket.emitWithAck.bind(socket);
    socket.emitWithAck = async (event: string, ...args: unknown[]) => {
      const answer: unknown = await ask(event, ...args);
      if (event === 'sync') sizes.push(Buffer.byteLength(JSON.stringify(answer)));
      return answer;
    };
    return socket;
  };
  return { connect, sizes };
};

/** Fetches what it does not have, with the largest pages that there are. */
const fetchAll = async (person: Person, database = createDatabase()) => {
  const { connect, sizes } = weighing();
  const pages = { perChat: 200, budget: 1_000 };
  const device = await aDevice(chat.url, person, { database, connect, ...pages });
  await settled(device);
  await device.stop();
  const chats = [...device.database.chats.values()];
  return { largest: Math.max(...sizes), messages: chats.map(({ messages }) => messages.size) };
};

test('no answer to a sync is so large that a slow phone is cut while it reads, be the messages long', async () => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  const direct = await aDirectChat(admin, asha, biren);
  const content = 'ক'.repeat(8_192);
  for (let i = 0; i < 120; i++) await aMessage(admin, direct, asha, { content });

  const { largest, messages } = await fetchAll(chat.as(biren));

  expect(largest).toBeLessThan(cutAtBytes);
  expect(messages).toEqual([120]);
});

/** One more message in all of these chats. */
const sayEverywhere = (senderId: string, content: string) => admin.$executeRaw`
  WITH chat AS (
    UPDATE chats c SET last_seq = last_seq + 1, change_seq = change_seq + 1, last_change_at = clock_timestamp()
    FROM chat_members m WHERE m.chat_id = c.id AND m.user_id = ${senderId}::uuid RETURNING c.id, last_seq, change_seq
  )
  INSERT INTO messages (chat_id, sender_id, seq, change_seq, content)
  SELECT id, ${senderId}::uuid, last_seq, change_seq, ${content} FROM chat`;

test('nor be there news in many chats', async () => {
  const count = 600;
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  await admin.$executeRaw`
    WITH chat AS (
      INSERT INTO chats (is_group, name, member_count)
      SELECT true, 'Adda ' || n, 2 FROM generate_series(1, ${count}::int) n RETURNING id
    )
    INSERT INTO chat_members (chat_id, user_id, joined_seq)
    SELECT chat.id, u, 1 FROM chat, unnest(${[asha.id, biren.id]}::uuid[]) u`;
  const [person, database] = [chat.as(biren), createDatabase()];
  await fetchAll(person, database);

  await sayEverywhere(asha.id, 'Kemon aso? '.repeat(40));
  const { largest, messages } = await fetchAll(person, database);

  expect(largest).toBeLessThan(cutAtBytes);
  expect(messages).toEqual(Array(count).fill(1));
});

test('nor be a new phone’s many chats with long last messages', async () => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  const content = 'ক'.repeat(8_192);
  await admin.$executeRaw`
    WITH chat AS (
      INSERT INTO chats (is_group, name, member_count, last_seq, change_seq)
      SELECT true, 'Adda ' || n, 2, 1, 1 FROM generate_series(1, 100) n RETURNING id
    ), member AS (
      INSERT INTO chat_members (chat_id, user_id, joined_seq, user_ver)
      SELECT chat.id, u, 1, row_number() OVER () FROM chat, unnest(${[asha.id, biren.id]}::uuid[]) u
    )
    INSERT INTO messages (chat_id, sender_id, seq, change_seq, content)
    SELECT id, ${asha.id}::uuid, 1, 1, ${content} FROM chat`;
  await admin.userState.update({ where: { userId: biren.id }, data: { userVer: 200 } });

  const { largest, messages } = await fetchAll(chat.as(biren));

  expect(largest).toBeLessThan(cutAtBytes);
  expect(messages).toEqual(Array(100).fill(1));
});
