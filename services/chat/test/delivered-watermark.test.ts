import { describe, expect, test } from '@jest/globals';
import type { Person } from '@taar/testing/people';
import { aDirectChat, aMessage, aUser } from '@taar/testing/factories';
import { aDevice, intercepting, untilSynced } from './devices.ts';
import { sendText } from './messages.ts';
import { startChat } from './start.ts';
import { until } from './wait.ts';

const chat = await startChat();

const undelivered = ({ userId }: Person) =>
  chat.admin.chatMember.count({ where: { userId, lastDeliveredSeq: 0 } });

/** Adds the user to this many groups with one message of another user each. */
const addGroups = async (userId: string, count: number) => {
  const author = await aUser(chat.admin);
  await chat.admin.$executeRaw`
    WITH new_chat AS (
      INSERT INTO chats (id, is_group, name, member_count, last_seq, change_seq)
      SELECT gen_random_uuid(), true, 'Adda', 1, 1, 1
      FROM generate_series(1, ${count}::int)
      RETURNING id
    ), new_member AS (
      INSERT INTO chat_members (chat_id, user_id, joined_seq)
      SELECT id, ${userId}::uuid, 1
      FROM new_chat
    )
    INSERT INTO messages (id, chat_id, sender_id, seq, change_seq, content)
    SELECT gen_random_uuid(), id, ${author.id}::uuid, 1, 1, 'hello'
    FROM new_chat`;
};

/** A connection that loses the first report of a delivery. */
const losingFirstReport = () => {
  let reports = 0;
  const connect = intercepting(async (ask, event) => {
    if (event === 'message_received' && reports++ === 0) throw new Error('The report was lost.');
    return ask();
  });
  return { connect, reports: () => reports };
};

describe('the delivered watermark', () => {
  test('a device reports more chats than one event may name', async () => {
    const asha = chat.as(await aUser(chat.admin));
    await addGroups(asha.userId, 1_005);

    await untilSynced(await aDevice(chat.url, asha));

    await until('every message is delivered', async () => (await undelivered(asha)) === 0);
    expect(await undelivered(asha)).toBe(0);
  });

  test('a device repeats a lost report with the next message', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const charu = await aUser(chat.admin);
    await aMessage(chat.admin, await aDirectChat(chat.admin, { id: asha.userId }, charu), charu);
    const { connect, reports } = losingFirstReport();
    await untilSynced(await aDevice(chat.url, asha, { connect }));
    await until('the first report is lost', () => reports() === 1);

    await sendText(biren, chatId, 'Kemon aso?');

    await until('every message is delivered', async () => (await undelivered(asha)) === 0);
    // On a slow machine the message and the lost report can leave in one event each.
    expect(reports()).toBeGreaterThanOrEqual(2);
  });
});
