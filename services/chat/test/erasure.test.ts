import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aDirectChat, aGroup, aMessage, aUser } from '@taar/testing/factories';
import { startChat } from './start.ts';

const { admin, as } = await startChat();

const topic = 'erase_chat';
const isDone = async (key: string) => {
  for (;;) {
    const job = await admin.outbox.findFirst({ where: { topic, key, doneAt: { not: null } } });
    if (job) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
/** As the services before chat leave it. */
const erase = async (key: string, deleteMessages = false) => {
  await admin.outbox.create({ data: { topic, key, payload: { deleteMessages, report: {} } } });
  await isDone(key);
};

describe('erasing a person from chats', () => {
  test('takes them out of groups as if they had left, live and with an heir', async () => {
    const [leaver, heir, member] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
    const group = await aGroup(admin, { owner: leaver, admins: [heir], members: [member] });
    const phone = await as(member).connect();

    await erase(leaver.id);

    const told = await phone.next('members_updated');
    expect(told).toMatchObject({
      chatId: group.id,
      removed: [leaver.id],
      roles: [{ userId: heir.id, role: 'owner' }],
    });
    const { body } = await as(member).call(chatRest.getChat, { chatId: group.id });
    expect(body.memberCount).toBe(2);
    const roles = await admin.chatMember.findMany({ where: { chatId: group.id, leftAt: null } });
    expect(roles.find(({ userId }) => userId === heir.id)?.role).toBe('owner');
  });

  test('leaves their messages to others unless they want them deleted, and never a hole', async () => {
    const [leaver, friend] = await Promise.all([aUser(admin), aUser(admin)]);
    const chat = await aDirectChat(admin, leaver, friend);
    await aMessage(admin, chat, leaver, { content: 'Mine' });
    await aMessage(admin, chat, friend, { content: 'Yours' });
    await aMessage(admin, chat, leaver, { content: 'Swallowed', visibleTo: leaver.id });
    const read = async () => {
      const { body } = await as(friend).call(chatRest.listMessages, { chatId: chat.id });
      return body.items.map(({ content, deletedAt }) => [content, deletedAt !== null]);
    };

    await erase(leaver.id);
    expect((await read()).toSorted()).toEqual([
      ['Mine', false],
      ['Yours', false],
    ]);
    const swallowed = await admin.message.findFirstOrThrow({
      where: { visibleTo: leaver.id, chatId: chat.id },
    });
    expect(swallowed).toMatchObject({ content: null, deletedAt: expect.any(Date) as unknown });
    await admin.outbox.deleteMany({ where: { key: leaver.id } });

    await erase(leaver.id, true);
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

  test('takes their reactions back, stars and all, and tells the others', async () => {
    const [leaver, friend] = await Promise.all([aUser(admin), aUser(admin)]);
    const chat = await aDirectChat(admin, leaver, friend);
    const message = await aMessage(admin, chat, friend);
    await as(leaver).call(chatRest.setReaction, {
      chatId: chat.id,
      messageId: message.id,
      emoji: '👍',
    });
    await admin.messageStar.create({
      data: { userId: leaver.id, messageId: message.id, chatId: chat.id, userVer: 1n },
    });
    const phone = await as(friend).connect();

    await erase(leaver.id);

    expect(await phone.next('reaction_updated', ({ emoji }) => emoji === null)).toMatchObject({
      messageId: message.id,
      userId: leaver.id,
      reactions: [],
    });
    expect(await admin.messageReaction.count({ where: { userId: leaver.id } })).toBe(0);
    expect(await admin.messageStar.count({ where: { userId: leaver.id } })).toBe(0);
  });

  test('hands on what it did, and does nothing twice', async () => {
    const leaver = await aUser(admin);
    await aGroup(admin, { owner: leaver, members: [await aUser(admin)] });
    await admin.pushAttempt.create({
      data: { userId: leaver.id, state: 'queued', messageId: randomUUID() },
    });
    await erase(leaver.id);
    const next = await admin.outbox.findFirstOrThrow({
      where: { topic: 'erase_media', key: leaver.id },
    });
    expect(next.payload).toEqual({
      deleteMessages: false,
      report: { 'chat_members.user_id': 1, 'push_attempts.user_id': 1 },
    });
  });
});
