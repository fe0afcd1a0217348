import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aGroup, aUser } from '@taar/testing/factories';
import { startChat } from './start.ts';

const chat = await startChat(2);
const { admin, nodes } = chat;
const [first, second] = [nodes[0]!, nodes[1]!];

describe('join_chat', () => {
  test('join_chat answers the chat, the peer’s presence and the client’s lag', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const [phone] = await Promise.all([asha.connect(), biren.connect()]);
    await biren.call(chatRest.sendMessage, {
      chatId,
      clientMessageId: crypto.randomUUID(),
      content: 'hello',
    });

    const ack = await phone.ask('join_chat', { chatId, changeSeq: 0 });

    expect(ack).toMatchObject({
      ok: true,
      data: {
        chat: { id: chatId, lastSeq: 1 },
        presence: { online: true },
        typing: [],
        behind: 1,
      },
    });
  });

  test('join_chat is refused to former members, and finds no chat for outsiders', async () => {
    const { chatId } = await chat.twoFriends();
    const [owner, former] = await Promise.all([aUser(admin), aUser(admin)]);
    const group = await aGroup(admin, { owner, members: [former] });
    const phone = await chat.as(former).connect();
    await chat.as(former).call(chatRest.removeMember, { chatId: group.id, userId: former.id });

    const outside = await phone.ask('join_chat', { chatId });
    const left = await phone.ask('join_chat', { chatId: group.id });

    expect(outside).toMatchObject({ ok: false, error: { code: 'chat_not_found' } });
    expect(left).toMatchObject({ ok: false, error: { code: 'not_a_member' } });
  });
});

describe('the view of a chat', () => {
  const threeInAGroup = async () => {
    const [owner, watcher, third] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
    const group = await aGroup(admin, { owner, members: [watcher, third] });
    const phones = await Promise.all([
      first.as(owner).connect(),
      second.as(watcher).connect(),
      second.as(third).connect(),
    ]);
    return { owner, watcher, third, chatId: group.id, phones };
  };

  test('a removed member loses the view, and the other members keep theirs', async () => {
    const { owner, third, chatId, phones } = await threeInAGroup();
    const [ownerPhone, watching, removed] = phones;
    await watching.ask('join_chat', { chatId });
    await removed.ask('join_chat', { chatId });

    await first.as(owner).call(chatRest.removeMember, { chatId, userId: third.id });
    await watching.next('members_updated');
    await ownerPhone.next('members_updated');
    await ownerPhone.ask('typing_start', { chatId });

    expect(await watching.next('typing_start')).toMatchObject({ userId: owner.id });
    expect(removed.seen('typing_start')).toEqual([]);
  });

  test('a view ends with leave_chat, and the oldest of six views ends by itself', async () => {
    const { owner, watcher, chatId, phones } = await threeInAGroup();
    const [ownerPhone, watching] = phones;
    const others = await Promise.all(
      Array.from({ length: 5 }, () => aGroup(admin, { owner, members: [watcher] })),
    );
    await watching.ask('sync', { protocol: 1, chats: [] });
    await ownerPhone.ask('sync', { protocol: 1, chats: [] });
    await watching.ask('join_chat', { chatId });
    for (const other of others) await watching.ask('join_chat', { chatId: other.id });
    const [oldest, newest] = [others[0]!.id, others[4]!.id];

    await watching.ask('leave_chat', { chatId: oldest });
    for (const id of [chatId, oldest, newest]) await ownerPhone.ask('typing_start', { chatId: id });

    await watching.next('typing_start', (typing) => typing.chatId === newest);
    expect(watching.seen('typing_start')).toHaveLength(1);
  });
});
