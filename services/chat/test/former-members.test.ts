import { describe, expect, test } from '@jest/globals';
import { messagesOf } from '@taar/client';
import { chatRest } from '@taar/contracts';
import { aDirectChat, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { forgetEdits } from '../src/messages/forget-edits.ts';
import { aDevice, allMessages, counting, settled, until } from './devices.ts';
import { aFourfold, rolesOf } from './groups.ts';
import { body, say } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);

/** Somebody who wrote one message in a group and left it. */
const aLeaver = async () => {
  const { chatId, owner, member, admin: leaver } = await aFourfold(chat);
  const { id: messageId } = await say(leaver, chatId, 'good-bye');
  await leaver.call(chatRest.removeMember, { chatId, userId: leaver.userId });
  return { chatId, messageId, owner, member, leaver };
};

describe('whoever has left a group', () => {
  test('does not learn who has read what they wrote, nor how far anybody is', async () => {
    const { chatId, messageId, member, leaver } = await aLeaver();
    await member.call(chatRest.markRead, { chatId, upToSeq: 1 });

    const receipts = await leaver.call(chatRest.listReceipts, { chatId, messageId });
    const { body } = await leaver.call(chatRest.listMembers, { chatId });

    expect(receipts).toMatchObject({ status: 403, body: { code: 'not_a_member' } });
    expect(body.items.length).toBeGreaterThan(0);
    for (const one of body.items) {
      expect(one).not.toHaveProperty('lastReadSeq');
      expect(one).not.toHaveProperty('lastDeliveredSeq');
    }
  });

  test('does not learn who rose, fell, or left and came back since', async () => {
    const { chatId, owner, admin, member: leaver, stranger } = await aFourfold(chat);
    const userIds = [stranger.userId];
    await owner.call(chatRest.addMembers, { chatId, userIds });
    await leaver.call(chatRest.removeMember, { chatId, userId: leaver.userId });
    const then = (await leaver.call(chatRest.listMembers, { chatId })).body;

    await owner.call(chatRest.changeRole, { chatId, userId: admin.userId, role: 'owner' });
    await stranger.call(chatRest.removeMember, { chatId, userId: stranger.userId });
    await admin.call(chatRest.addMembers, { chatId, userIds, role: 'admin' });

    expect(then.items.map(({ role }) => role).toSorted()).toEqual(['admin', 'member', 'owner']);
    expect((await leaver.call(chatRest.listMembers, { chatId })).body).toEqual(then);
  });

  test('knows who was in, though the group is dissolved before anything more is said', async () => {
    const { chatId, owner, member: leaver } = await aFourfold(chat);
    await leaver.call(chatRest.removeMember, { chatId, userId: leaver.userId });
    const then = (await leaver.call(chatRest.listMembers, { chatId })).body;

    await owner.call(chatRest.deleteChat, { chatId, scope: 'all' });

    expect(then.items).toHaveLength(2);
    expect((await leaver.call(chatRest.listMembers, { chatId })).body).toEqual(then);
  });

  test('knows to whom they left it', async () => {
    const { chatId, owner, admin } = await aFourfold(chat);
    await owner.call(chatRest.removeMember, { chatId, userId: owner.userId });
    expect((await rolesOf(owner, chatId))[admin.userId]).toBe('owner');
  });

  test('is not told to those who are in, when they read on', async () => {
    const { chatId, owner, member, leaver } = await aLeaver();
    await owner.call(chatRest.sendMessage, {
      chatId,
      clientMessageId: crypto.randomUUID(),
      content: 'alone at last',
    });
    const [phone, tablet] = await Promise.all([
      member.connect(),
      chat.as({ id: leaver.userId }).connect(),
    ]);
    await chat.admin.chatMember.update({
      where: { chatId_userId: { chatId, userId: leaver.userId } },
      data: { lastReadSeq: 0, lastDeliveredSeq: 0 },
    });

    const device = await leaver.connect();
    await device.ask('message_received', { chatId, upToSeq: 1 });
    await leaver.call(chatRest.markRead, { chatId, upToSeq: 2 });

    expect(await tablet.next('message_read')).toMatchObject({ upToSeq: 2, unreadCount: 0 });
    await owner.call(chatRest.markRead, { chatId, upToSeq: 3 });
    await phone.next('message_read', ({ userId }) => userId === owner.userId);
    expect(phone.seen('message_read').map(({ userId }) => userId)).toEqual([owner.userId]);
  });
});

const edit = (who: Person, chatId: string, messageId: string, content: string) =>
  who.call(chatRest.editMessage, { chatId, messageId, content });
const leave = (who: Person, chatId: string) =>
  who.call(chatRest.removeMember, { chatId, userId: who.userId });
const see = async (who: Person, chatId: string, messageId: string) =>
  (await who.call(chatRest.getMessage, { chatId, messageId })).body;

/** Messages of a group with everything on them that can change; `member` is about to leave. */
const aBusyGroup = async () => {
  const group = await aFourfold(chat);
  const { chatId, owner, admin, member } = group;
  const { id: messageId } = await say(owner, chatId, 'as it was');
  const place = { chatId, messageId };
  await member.call(chatRest.setReaction, { ...place, emoji: '👍' });
  await admin.call(chatRest.setReaction, { ...place, emoji: '👍' });
  await owner.call(chatRest.pinMessage, place);
  const answer = await member.call(
    chatRest.sendMessage,
    body(chatId, { content: 'an answer', replyToId: messageId }),
  );
  return { ...group, place, messageId, answerId: answer.body.id };
};
type Busy = Awaited<ReturnType<typeof aBusyGroup>>;

/** Everything about it that can change, but for a deletion. */
const changeAll = async ({ place, owner, admin }: Busy) => {
  await edit(owner, place.chatId, place.messageId, 'a secret about who left');
  await admin.call(chatRest.setReaction, { ...place, emoji: '🎉' });
  await owner.call(chatRest.setReaction, { ...place, emoji: '😂' });
  await owner.call(chatRest.unpinMessage, place);
};

describe('to whoever has left a group, a message stays as it was when they left', () => {
  test('wherever they may read it', async () => {
    const busy = await aBusyGroup();
    const { chatId, messageId, answerId, member } = busy;
    await leave(member, chatId);
    const before = await allMessages(member, chatId);
    const one = await see(member, chatId, messageId);
    const answer = await see(member, chatId, answerId);
    const head = (await member.call(chatRest.getChat, { chatId })).body;

    await changeAll(busy);

    expect(one).toMatchObject({ content: 'as it was', pinned: true, my: { reaction: '👍' } });
    expect(answer.replyTo).toMatchObject({ content: 'as it was' });
    expect(await allMessages(member, chatId)).toEqual(before);
    expect(await see(member, chatId, messageId)).toEqual(one);
    expect(await see(member, chatId, answerId)).toEqual(answer);
    expect((await member.call(chatRest.getChat, { chatId })).body).toEqual(head);
    const { items } = (
      await member.call(chatRest.listMessages, { chatId, changedAfter: '0' as never })
    ).body;
    expect(items.find(({ id }) => id === messageId)).toMatchObject({ content: 'as it was' });
    const found = await member.call(chatRest.searchMessages, { q: 'secret' });
    expect(found.body.items).toEqual([]);
    expect(await see(busy.owner, chatId, messageId)).toMatchObject({
      content: 'a secret about who left',
    });
  });

  test('also in the list of chats, where it was the last one', async () => {
    const { chatId, owner, member } = await aFourfold(chat);
    const { id } = await say(owner, chatId, 'as it was');
    await owner.call(chatRest.removeMember, { chatId, userId: member.userId });
    await member.call(chatRest.listChats, {});
    await edit(owner, chatId, id, 'changed');
    await owner.call(chatRest.setReaction, { chatId, messageId: id, emoji: '🎉' });

    const { lastMessage } = (await member.call(chatRest.getChat, { chatId })).body;

    expect(lastMessage).toMatchObject({ metadata: { event: 'member_removed' }, reactions: [] });
    expect(await see(member, chatId, id)).toMatchObject({ content: 'as it was', editedAt: null });
  });

  test('to each as it was when they left, however often it changed since', async () => {
    const { chatId, owner, admin, member } = await aFourfold(chat);
    const { id } = await say(owner, chatId, 'one');
    await leave(member, chatId);
    await edit(owner, chatId, id, 'two');
    await edit(owner, chatId, id, 'three');
    await leave(admin, chatId);
    await edit(owner, chatId, id, 'four');

    const seen = await Promise.all([member, admin, owner].map((who) => see(who, chatId, id)));

    expect(seen.map(({ content }) => content)).toEqual(['one', 'three', 'four']);
  });

  test('also long after, when the history of edits is forgotten', async () => {
    const { chatId, owner, member } = await aFourfold(chat);
    const { id } = await say(owner, chatId, 'as it was');
    await leave(member, chatId);
    await edit(owner, chatId, id, 'changed');
    const editedAt = new Date(Date.now() - 31 * 24 * 3_600_000);
    await chat.admin.messageEdit.updateMany({ where: { messageId: id }, data: { editedAt } });

    await forgetEdits({ db: chat.admin });

    expect(await chat.admin.messageEdit.count({ where: { messageId: id } })).toBe(0);
    expect(await see(member, chatId, id)).toMatchObject({ content: 'as it was' });
  });

  test('and is forwarded by them as they see it', async () => {
    const busy = await aBusyGroup();
    const { chatId, messageId, member } = busy;
    const friend = await aUser(chat.admin);
    const other = await aDirectChat(chat.admin, { id: member.userId }, friend);
    await leave(member, chatId);
    await changeAll(busy);

    const sent = await member.call(
      chatRest.sendMessage,
      body(other.id, { forwardOf: { messageId } }),
    );

    expect(sent.body.content).toBe('as it was');
  });

  test('until they are back: then it is to them what it is to everyone', async () => {
    const busy = await aBusyGroup();
    const { chatId, messageId, owner, member } = busy;
    await leave(member, chatId);
    await changeAll(busy);
    await owner.call(chatRest.addMembers, { chatId, userIds: [member.userId] });

    const [theirs, mine] = [
      await see(owner, chatId, messageId),
      await see(member, chatId, messageId),
    ];

    expect(mine).toMatchObject({ content: theirs.content, reactions: theirs.reactions });
  });
});

describe('a device of somebody who has left a group', () => {
  test.each([200, 1])(
    'that was away gets all of it as it was when they left, %i messages at a time',
    async (perChat) => {
      const busy = await aBusyGroup();
      const { chatId, owner, member } = busy;
      const more = [];
      for (let n = 0; n < 5; n++) more.push(await say(owner, chatId, `as it was ${n}`));
      await leave(member, chatId);
      for (const { id } of more.toReversed()) await edit(owner, chatId, id, 'changed');
      await changeAll(busy);

      const device = await aDevice(chat.url, member, { perChat });
      await settled(device);

      const mine = messagesOf(device.database, chatId);
      expect(mine).toEqual(await allMessages(member, chatId));
      expect(mine).toHaveLength(9);
      expect(mine.some(({ content }) => /changed|secret/.test(content ?? ''))).toBe(false);
    },
  );

  test('drops what is deleted for everyone, asked for by its heartbeat, and then asks no more', async () => {
    const busy = await aBusyGroup();
    const { chatId, place, messageId, owner, member } = busy;
    const counted = counting();
    const device = await aDevice(chat.url, member, { heartbeatMs: 50, connect: counted.connect });
    await settled(device);
    await leave(member, chatId);
    await changeAll(busy);

    await owner.call(chatRest.deleteMessage, { ...place, scope: 'everyone' });

    const held = () => messagesOf(device.database, chatId).find(({ id }) => id === messageId);
    await until('the device dropped it', () => held()?.deletedAt !== null);
    expect(held()).toMatchObject({ content: null, reactions: [] });
    const { replyTo: _, ...tombstone } = await see(member, chatId, messageId);
    expect(held()).toEqual(tombstone);
    const kept = await chat.admin.messageVersion.count({ where: { messageId } });
    expect(kept).toBe(0);
    await say(owner, chatId, 'not for who left');
    const [syncs, beats] = [counted.sent('sync'), counted.sent('last_seen_update')];
    await until('more heartbeats pass', () => counted.sent('last_seen_update') > beats + 5);
    expect(counted.sent('sync')).toBe(syncs);
  });
});

test('nothing is kept of a message that changes while nobody has left', async () => {
  const busy = await aBusyGroup();
  await changeAll(busy);
  expect(await chat.admin.messageVersion.count({ where: { messageId: busy.messageId } })).toBe(0);
});
