import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import type { Person } from '@taar/testing/people';
import { purgeChat, purgeTopic } from '../src/core/purge-chat.ts';
import { aGroupWithRoles, rolesOf } from './groups.ts';
import { text } from './messages.ts';
import { startChat } from './start.ts';
import { until } from './wait.ts';

const chat = await startChat(2);

const send = (sender: Person, chatId: string, content = 'hello') =>
  sender.call(chatRest.sendMessage, text(chatId, content));
const listed = async (person: Person) => (await person.call(chatRest.listChats, {})).body.items;
const deleteChat = (person: Person, chatId: string, scope?: 'me' | 'all') =>
  person.call(chatRest.deleteChat, { chatId, ...(scope && { scope }) });

describe('DELETE /chats/:chatId for the caller', () => {
  test('a chat is cleared and hidden for the caller alone until a newer message', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    await send(biren, chatId, 'old');

    const answers = [await deleteChat(asha, chatId), await deleteChat(asha, chatId)];

    expect(answers.map(({ status }) => status)).toEqual([204, 204]);
    expect(await listed(asha)).toEqual([]);
    expect((await listed(biren)).map(({ lastMessage }) => lastMessage?.content)).toEqual(['old']);

    await send(biren, chatId, 'new');
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

  test('a newer message shows the chat again, even if the caller deletes that one', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    await deleteChat(asha, chatId);
    const { body } = await send(biren, chatId);

    await asha.call(chatRest.deleteMessage, { chatId, messageId: body.id, scope: 'me' });

    const [back] = await listed(asha);
    expect(back).toMatchObject({ id: chatId, lastMessage: null, my: { hidden: false } });
  });

  test('a deletion reaches the caller’s other devices', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const tablet = await chat.nodes[1]!.as({ id: asha.userId }).connect();

    await deleteChat(asha, chatId);

    expect(await tablet.next('my_state_updated')).toMatchObject({ chatId });
  });

  test('a member who deletes a group leaves it, and it stays for the others', async () => {
    const { chatId, owner, member } = await aGroupWithRoles(chat);
    await send(owner, chatId);
    const phone = await chat.nodes[1]!.as({ id: member.userId }).connect();

    const answer = await deleteChat(member, chatId);

    expect(answer.status).toBe(204);
    expect(await phone.next('chat_removed')).toMatchObject({ chatId, leftSeq: 2, reason: 'left' });
    expect(await listed(member)).toEqual([]);
    const { body } = await member.call(chatRest.listMessages, { chatId });
    expect(body.items).toEqual([]);
    expect((await listed(owner))[0]).toMatchObject({ id: chatId, memberCount: 2 });
    expect((await deleteChat(member, chatId)).status).toBe(204);
  });

  test('an owner who deletes a group for themselves hands it over', async () => {
    const { chatId, owner, admin } = await aGroupWithRoles(chat);

    await deleteChat(owner, chatId);

    expect((await rolesOf(admin, chatId))[admin.userId]).toBe('owner');
  });
});

describe('DELETE /chats/:chatId for all', () => {
  test('a dissolved group has no members and no content, and members learn of it', async () => {
    const { chatId, owner, admin, member } = await aGroupWithRoles(chat);
    const sent = await send(member, chatId, 'secret');
    await member.call(chatRest.updateChat, { chatId, my: { pinned: true } });
    const phone = await chat.nodes[1]!.as({ id: member.userId }).connect();

    const answer = await deleteChat(owner, chatId, 'all');

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
    expect((await send(admin, chatId)).body).toMatchObject({ code: 'not_a_member' });
    await purgeChat(chat.admin, chatId);
    const [row] = await chat.admin.message.findMany({ where: { chatId } });
    expect(row).toMatchObject({ id: sent.body.id, content: null });
    expect(row!.deletedAt).not.toBeNull();
    expect(await chat.admin.messagePin.count({ where: { chatId } })).toBe(0);
  });

  test('the owner can repeat the request, and every other caller is refused', async () => {
    const { chatId, owner, admin, member, stranger } = await aGroupWithRoles(chat);
    const before = await Promise.all(
      [admin, member, stranger].map((person) => deleteChat(person, chatId, 'all')),
    );
    await deleteChat(owner, chatId, 'all');

    const after = await Promise.all(
      [owner, admin, stranger].map((person) => deleteChat(person, chatId, 'all')),
    );

    expect(before.map(({ status }) => status)).toEqual([403, 403, 404]);
    expect(after.map(({ status }) => status)).toEqual([204, 403, 404]);
  });

  test('a direct chat cannot be dissolved', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    await send(asha, chatId, 'stays');

    const answer = await deleteChat(biren, chatId, 'all');

    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await listed(asha))[0]!.lastMessage!.content).toBe('stays');
  });

  test('the purge of a closed chat runs without a further request', async () => {
    const { chatId, owner } = await aGroupWithRoles(chat);
    await send(owner, chatId, 'secret');
    await deleteChat(owner, chatId, 'all');

    const pending = { topic: purgeTopic, key: chatId, doneAt: null };
    await until(
      'the purge is done',
      async () => (await chat.admin.outbox.count({ where: pending })) === 0,
    );

    expect(await chat.admin.message.count({ where: { chatId, content: { not: null } } })).toBe(0);
  });
});
