import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import type { Person } from '@taar/testing/people';
import { purgeChat, purgeTopic } from '../src/core/purge-chat.ts';
import { aFourfold, rolesOf } from './groups.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);

const say = (who: Person, chatId: string, content = 'hello') =>
  who.call(chatRest.sendMessage, { chatId, clientMessageId: crypto.randomUUID(), content });
const listed = async (who: Person) => (await who.call(chatRest.listChats, {})).body.items;
const remove = (who: Person, chatId: string, scope?: 'me' | 'all') =>
  who.call(chatRest.deleteChat, { chatId, ...(scope && { scope }) });

describe('DELETE /chats/:chatId for me', () => {
  test('clears and hides the chat for me alone, until something newer is said', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    await say(biren, chatId, 'old');

    const answers = [await remove(asha, chatId), await remove(asha, chatId)];

    expect(answers.map(({ status }) => status)).toEqual([204, 204]);
    expect(await listed(asha)).toEqual([]);
    expect((await listed(biren)).map(({ lastMessage }) => lastMessage?.content)).toEqual(['old']);

    await say(biren, chatId, 'new');
    const [back] = await listed(asha);
    expect(back).toMatchObject({
      id: chatId,
      lastMessage: { content: 'new' },
      my: { unreadCount: 1, clearedBeforeSeq: 1, lastReadSeq: 0 },
    });
    const history = await asha.call(chatRest.listMessages, { chatId });
    expect(history.body.items.map(({ content }) => content)).toEqual(['new']);
    expect(history.body.coverage).toEqual({ fromSeq: 1, toSeq: 2 });
  });

  test('is over with the first newer message, also where I delete that one for me', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    await remove(asha, chatId);
    const { body } = await say(biren, chatId);

    await asha.call(chatRest.deleteMessage, { chatId, messageId: body.id, scope: 'me' });

    const [back] = await listed(asha);
    expect(back).toMatchObject({ id: chatId, lastMessage: null, my: { hidden: false } });
  });

  test('is told to my other devices', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const tablet = await chat.nodes[1]!.as({ id: asha.userId }).connect();

    await remove(asha, chatId);

    expect(await tablet.next('my_state_updated')).toMatchObject({ chatId });
  });

  test('H41 of a group by a member, leaves it first and leaves it to the others', async () => {
    const { chatId, owner, member } = await aFourfold(chat);
    await say(owner, chatId);
    const phone = await chat.nodes[1]!.as({ id: member.userId }).connect();

    const answer = await remove(member, chatId);

    expect(answer.status).toBe(204);
    expect(await phone.next('chat_removed')).toMatchObject({ chatId, leftSeq: 2, reason: 'left' });
    expect(await listed(member)).toEqual([]);
    const { body } = await member.call(chatRest.listMessages, { chatId });
    expect(body.items).toEqual([]);
    expect((await listed(owner))[0]).toMatchObject({ id: chatId, memberCount: 2 });
    expect((await remove(member, chatId)).status).toBe(204);
  });

  test('by the owner of a group, hands it over', async () => {
    const { chatId, owner, admin } = await aFourfold(chat);

    await remove(owner, chatId);

    expect((await rolesOf(admin, chatId))[admin.userId]).toBe('owner');
  });
});

describe('DELETE /chats/:chatId for all', () => {
  test('dissolves the group: everyone is told, nobody is in it, its content goes', async () => {
    const { chatId, owner, admin, member } = await aFourfold(chat);
    const sent = await say(member, chatId, 'secret');
    await member.call(chatRest.updateChat, { chatId, my: { pinned: true } });
    const phone = await chat.nodes[1]!.as({ id: member.userId }).connect();

    const answer = await remove(owner, chatId, 'all');

    expect(answer.status).toBe(204);
    expect(await phone.next('chat_removed')).toMatchObject({
      chatId,
      leftSeq: 1,
      changeSeq: 2,
      reason: 'dissolved',
    });
    expect(await listed(owner)).toEqual([]);
    const { body } = await member.call(chatRest.getChat, { chatId });
    expect(body).toMatchObject({ memberCount: 0, my: { membership: 'removed', leftSeq: 1 } });
    expect((await say(admin, chatId)).body).toMatchObject({ code: 'not_a_member' });
    await purgeChat(chat.admin, chatId);
    const [row] = await chat.admin.message.findMany({ where: { chatId } });
    expect(row).toMatchObject({ id: sent.body.id, content: null });
    expect(row!.deletedAt).not.toBeNull();
    expect(await chat.admin.messagePin.count({ where: { chatId } })).toBe(0);
  });

  test('repeated by the owner is done already; anybody else is refused', async () => {
    const { chatId, owner, admin, member, stranger } = await aFourfold(chat);
    const before = await Promise.all(
      [admin, member, stranger].map((p) => remove(p, chatId, 'all')),
    );
    await remove(owner, chatId, 'all');

    const after = await Promise.all([owner, admin, stranger].map((p) => remove(p, chatId, 'all')));

    expect(before.map(({ status }) => status)).toEqual([403, 403, 404]);
    expect(after.map(({ status }) => status)).toEqual([204, 403, 404]);
  });

  test('is no way to empty a chat of two', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    await say(asha, chatId, 'stays');

    const answer = await remove(biren, chatId, 'all');

    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await listed(asha))[0]!.lastMessage!.content).toBe('stays');
  });

  test('the purge of a closed chat is worked without being asked for', async () => {
    const { chatId, owner } = await aFourfold(chat);
    await say(owner, chatId, 'secret');
    await remove(owner, chatId, 'all');

    const pending = { topic: purgeTopic, key: chatId, doneAt: null };
    while ((await chat.admin.outbox.count({ where: pending })) > 0)
      await new Promise((resolve) => setTimeout(resolve, 50));

    expect(await chat.admin.message.count({ where: { chatId, content: { not: null } } })).toBe(0);
  });
});
