import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aDirectChat, aGroup, aMessage, aUser } from '@taar/testing/factories';
import { startChat } from './start.ts';
import { until } from './wait.ts';

const { admin, as } = await startChat();

const topic = 'erase_chat';
const untilDone = (key: string) =>
  until('the job is done', async () => {
    const done = { topic, key, doneAt: { not: null } };
    return (await admin.outbox.count({ where: done })) > 0;
  });
/** Stores the job as the service before chat does, and waits for its end. */
const erase = async (key: string, deleteMessages = false) => {
  await admin.outbox.create({ data: { topic, key, payload: { deleteMessages, report: {} } } });
  await untilDone(key);
};

describe('erasing an account from chats', () => {
  test('the user leaves their groups, and a group they own passes to a successor', async () => {
    const [erased, successor, member] = await Promise.all([
      aUser(admin),
      aUser(admin),
      aUser(admin),
    ]);
    const group = await aGroup(admin, { owner: erased, admins: [successor], members: [member] });
    const phone = await as(member).connect();

    await erase(erased.id);

    const event = await phone.next('members_updated');
    expect(event).toMatchObject({
      chatId: group.id,
      removed: [erased.id],
      roles: [{ userId: successor.id, role: 'owner' }],
    });
    const { body } = await as(member).call(chatRest.getChat, { chatId: group.id });
    expect(body.memberCount).toBe(2);
    const roles = await admin.chatMember.findMany({ where: { chatId: group.id, leftAt: null } });
    expect(roles.find(({ userId }) => userId === successor.id)?.role).toBe('owner');
  });

  test('messages stay unless the user wants them deleted, and numbers have no gap', async () => {
    const [erased, friend] = await Promise.all([aUser(admin), aUser(admin)]);
    const chat = await aDirectChat(admin, erased, friend);
    await aMessage(admin, chat, erased, { content: 'Mine' });
    await aMessage(admin, chat, friend, { content: 'Yours' });
    await aMessage(admin, chat, erased, { content: 'Withheld', visibleTo: erased.id });
    const read = async () => {
      const { body } = await as(friend).call(chatRest.listMessages, { chatId: chat.id });
      return body.items.map(({ content, deletedAt }) => [content, deletedAt !== null]);
    };

    await erase(erased.id);
    expect((await read()).toSorted()).toEqual([
      ['Mine', false],
      ['Yours', false],
    ]);
    const withheld = await admin.message.findFirstOrThrow({
      where: { visibleTo: erased.id, chatId: chat.id },
    });
    expect(withheld).toMatchObject({ content: null, deletedAt: expect.any(Date) as unknown });
    await admin.outbox.deleteMany({ where: { key: erased.id } });

    await erase(erased.id, true);
    expect(await read()).toContainEqual([null, true]);
    expect(await read()).toContainEqual(['Yours', false]);
    const rows = await admin.message.findMany({
      where: { chatId: chat.id },
      orderBy: { seq: 'asc' },
    });
    expect(rows.map(({ seq }) => Number(seq))).toEqual([1, 2, 3]);
    const { changeSeq } = await admin.chat.findUniqueOrThrow({ where: { id: chat.id } });
    const numbers = rows.map((row) => Number(row.changeSeq));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(Math.max(...numbers)).toBe(Number(changeSeq));
  });

  test('reactions and stars of the user are removed, and members receive an event', async () => {
    const [erased, friend] = await Promise.all([aUser(admin), aUser(admin)]);
    const chat = await aDirectChat(admin, erased, friend);
    const message = await aMessage(admin, chat, friend);
    await as(erased).call(chatRest.setReaction, {
      chatId: chat.id,
      messageId: message.id,
      emoji: '👍',
    });
    await admin.messageStar.create({
      data: { userId: erased.id, messageId: message.id, chatId: chat.id, userVer: 1n },
    });
    const phone = await as(friend).connect();

    await erase(erased.id);

    expect(await phone.next('reaction_updated', ({ emoji }) => emoji === null)).toMatchObject({
      messageId: message.id,
      userId: erased.id,
      reactions: [],
    });
    expect(await admin.messageReaction.count({ where: { userId: erased.id } })).toBe(0);
    expect(await admin.messageStar.count({ where: { userId: erased.id } })).toBe(0);
  });

  test('the erasure hands its report to the job of the next service', async () => {
    const erased = await aUser(admin);
    await aGroup(admin, { owner: erased, members: [await aUser(admin)] });
    await admin.pushAttempt.create({
      data: { userId: erased.id, state: 'queued', messageId: randomUUID() },
    });
    await erase(erased.id);
    const next = await admin.outbox.findFirstOrThrow({
      where: { topic: 'erase_media', key: erased.id },
    });
    expect(next.payload).toEqual({
      deleteMessages: false,
      report: { 'chat_members.user_id': 1, 'push_attempts.user_id': 1 },
    });
  });
});
