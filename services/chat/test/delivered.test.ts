import { describe, expect, test } from '@jest/globals';
import type { Connect } from '@taar/client';
import type { Person } from '@taar/testing/people';
import { aDirectChat, aMessage, aUser } from '@taar/testing/factories';
import { io } from 'socket.io-client';
import { aDevice, settled, until } from './devices.ts';
import { say } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat();

const undelivered = ({ userId }: Person) =>
  chat.admin.chatMember.count({ where: { userId, lastDeliveredSeq: 0 } });

/** As many groups with one message each, which somebody else wrote. */
const groupsOf = async (userId: string, count: number) => {
  const author = await aUser(chat.admin);
  await chat.admin.$executeRaw`
    WITH made AS (
      INSERT INTO chats (id, is_group, name, member_count, last_seq, change_seq)
      SELECT gen_random_uuid(), true, 'Adda', 1, 1, 1 FROM generate_series(1, ${count}::int) RETURNING id
    ), joined AS (
      INSERT INTO chat_members (chat_id, user_id, joined_seq) SELECT id, ${userId}::uuid, 1 FROM made
    )
    INSERT INTO messages (id, chat_id, sender_id, seq, change_seq, content)
    SELECT gen_random_uuid(), id, ${author.id}::uuid, 1, 1, 'hello' FROM made`;
};

/** Loses the first word of what has arrived. */
const losingFirst = () => {
  let lost = 0;
  const connect: Connect = (url, options) => {
    const socket = io(url, options);
    const ask = socket.emitWithAck.bind(socket);
    socket.emitWithAck = async (event: string, ...args: unknown[]) => {
      if (event === 'message_received' && lost++ === 0) throw new Error('It was lost.');
      return ask(event, ...args);
    };
    return socket;
  };
  return { connect, tried: () => lost };
};

describe('a device tells that it has everything', () => {
  test('also of more chats than one event may name', async () => {
    const asha = chat.as(await aUser(chat.admin));
    await groupsOf(asha.userId, 1_005);

    await settled(await aDevice(chat.url, asha));

    await until('all is delivered', async () => (await undelivered(asha)) === 0);
    expect(await undelivered(asha)).toBe(0);
  });

  test('with the next message where its word was lost', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const charu = await aUser(chat.admin);
    await aMessage(chat.admin, await aDirectChat(chat.admin, { id: asha.userId }, charu), charu);
    const { connect, tried } = losingFirst();
    await settled(await aDevice(chat.url, asha, { connect }));
    await until('its first word is lost', () => tried() === 1);

    await say(biren, chatId, 'Kemon aso?');

    await until('all is delivered', async () => (await undelivered(asha)) === 0);
    expect(tried()).toBe(2);
  });
});
