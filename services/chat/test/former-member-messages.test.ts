import { describe, expect, test } from '@jest/globals';
import { messagesOf } from '@taar/client';
import { chatRest } from '@taar/contracts';
import { aDirectChat, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { deleteOldEdits } from '../src/messages/delete-old-edits.ts';
import { allMessages } from './chat-views.ts';
import { aDevice, counting, untilSynced } from './devices.ts';
import { aGroupWithRoles } from './groups.ts';
import { messageWith, sendText } from './messages.ts';
import { startChat } from './start.ts';
import { until } from './wait.ts';

const chat = await startChat(2);

const edit = (person: Person, chatId: string, messageId: string, content: string) =>
  person.call(chatRest.editMessage, { chatId, messageId, content });
const leave = (person: Person, chatId: string) =>
  person.call(chatRest.removeMember, { chatId, userId: person.userId });
const read = async (person: Person, chatId: string, messageId: string) =>
  (await person.call(chatRest.getMessage, { chatId, messageId })).body;

/** A group with a message that has reactions, a pin and a reply. */
const aMarkedMessage = async () => {
  const group = await aGroupWithRoles(chat);
  const { chatId, owner, admin, member } = group;
  const { id: messageId } = await sendText(owner, chatId, 'as it was');
  const place = { chatId, messageId };
  await member.call(chatRest.setReaction, { ...place, emoji: '👍' });
  await admin.call(chatRest.setReaction, { ...place, emoji: '👍' });
  await owner.call(chatRest.pinMessage, place);
  const answer = await member.call(
    chatRest.sendMessage,
    messageWith(chatId, { content: 'an answer', replyToId: messageId }),
  );
  return { ...group, place, messageId, answerId: answer.body.id };
};
type MarkedMessage = Awaited<ReturnType<typeof aMarkedMessage>>;

/** Changes everything about the message, except that it exists. */
const changeAll = async ({ place, owner, admin }: MarkedMessage) => {
  await edit(owner, place.chatId, place.messageId, 'a secret about the former member');
  await admin.call(chatRest.setReaction, { ...place, emoji: '🎉' });
  await owner.call(chatRest.setReaction, { ...place, emoji: '😂' });
  await owner.call(chatRest.unpinMessage, place);
};

describe('a message for former members', () => {
  test('a former member reads a message as of the moment they left, in every route', async () => {
    const marked = await aMarkedMessage();
    const { chatId, messageId, answerId, member } = marked;
    await leave(member, chatId);
    const before = await allMessages(member, chatId);
    const message = await read(member, chatId, messageId);
    const answer = await read(member, chatId, answerId);
    const chatBefore = (await member.call(chatRest.getChat, { chatId })).body;

    await changeAll(marked);

    expect(message).toMatchObject({ content: 'as it was', pinned: true, my: { reaction: '👍' } });
    expect(answer.replyTo).toMatchObject({ content: 'as it was' });
    expect(await allMessages(member, chatId)).toEqual(before);
    expect(await read(member, chatId, messageId)).toEqual(message);
    expect(await read(member, chatId, answerId)).toEqual(answer);
    expect((await member.call(chatRest.getChat, { chatId })).body).toEqual(chatBefore);
    const { items } = (
      await member.call(chatRest.listMessages, { chatId, changedAfter: '0' as never })
    ).body;
    expect(items.find(({ id }) => id === messageId)).toMatchObject({ content: 'as it was' });
    const found = await member.call(chatRest.searchMessages, { q: 'secret' });
    expect(found.body.items).toEqual([]);
    expect(await read(marked.owner, chatId, messageId)).toMatchObject({
      content: 'a secret about the former member',
    });
  });

  test('the last message of a chat is shown as of the moment the member left', async () => {
    const { chatId, owner, member } = await aGroupWithRoles(chat);
    const { id } = await sendText(owner, chatId, 'as it was');
    await owner.call(chatRest.removeMember, { chatId, userId: member.userId });
    await member.call(chatRest.listChats, {});
    await edit(owner, chatId, id, 'changed');
    await owner.call(chatRest.setReaction, { chatId, messageId: id, emoji: '🎉' });

    const { lastMessage } = (await member.call(chatRest.getChat, { chatId })).body;

    expect(lastMessage).toMatchObject({ metadata: { event: 'member_removed' }, reactions: [] });
    expect(await read(member, chatId, id)).toMatchObject({ content: 'as it was', editedAt: null });
  });

  test('each former member sees the version of the moment they left', async () => {
    const { chatId, owner, admin, member } = await aGroupWithRoles(chat);
    const { id } = await sendText(owner, chatId, 'one');
    await leave(member, chatId);
    await edit(owner, chatId, id, 'two');
    await edit(owner, chatId, id, 'three');
    await leave(admin, chatId);
    await edit(owner, chatId, id, 'four');

    const seen = await Promise.all(
      [member, admin, owner].map((person) => read(person, chatId, id)),
    );

    expect(seen.map(({ content }) => content)).toEqual(['one', 'three', 'four']);
  });

  test('the snapshot for former members outlives the history of edits', async () => {
    const { chatId, owner, member } = await aGroupWithRoles(chat);
    const { id } = await sendText(owner, chatId, 'as it was');
    await leave(member, chatId);
    await edit(owner, chatId, id, 'changed');
    const editedAt = new Date(Date.now() - 31 * 24 * 3_600_000);
    await chat.admin.messageEdit.updateMany({ where: { messageId: id }, data: { editedAt } });

    await deleteOldEdits({ db: chat.admin });

    expect(await chat.admin.messageEdit.count({ where: { messageId: id } })).toBe(0);
    expect(await read(member, chatId, id)).toMatchObject({ content: 'as it was' });
  });

  test('a former member forwards the version they see', async () => {
    const marked = await aMarkedMessage();
    const { chatId, messageId, member } = marked;
    const friend = await aUser(chat.admin);
    const other = await aDirectChat(chat.admin, { id: member.userId }, friend);
    await leave(member, chatId);
    await changeAll(marked);

    const sent = await member.call(
      chatRest.sendMessage,
      messageWith(other.id, { forwardOf: { messageId } }),
    );

    expect(sent.body.content).toBe('as it was');
  });

  test('a member who is back sees the current version', async () => {
    const marked = await aMarkedMessage();
    const { chatId, messageId, owner, member } = marked;
    await leave(member, chatId);
    await changeAll(marked);
    await owner.call(chatRest.addMembers, { chatId, userIds: [member.userId] });

    const [ownersMessage, membersMessage] = [
      await read(owner, chatId, messageId),
      await read(member, chatId, messageId),
    ];

    expect(membersMessage).toMatchObject({
      content: ownersMessage.content,
      reactions: ownersMessage.reactions,
    });
  });
});

describe('a device of a former member', () => {
  test.each([200, 1])(
    'an offline device fetches each message as of the moment its user left, %i at a time',
    async (perChat) => {
      const marked = await aMarkedMessage();
      const { chatId, owner, member } = marked;
      const more = [];
      for (let n = 0; n < 5; n++) more.push(await sendText(owner, chatId, `as it was ${n}`));
      await leave(member, chatId);
      for (const { id } of more.toReversed()) await edit(owner, chatId, id, 'changed');
      await changeAll(marked);

      const device = await aDevice(chat.url, member, { perChat });
      await untilSynced(device);

      const local = messagesOf(device.database, chatId);
      expect(local).toEqual(await allMessages(member, chatId));
      expect(local).toHaveLength(9);
      expect(local.some(({ content }) => /changed|secret/.test(content ?? ''))).toBe(false);
    },
  );

  test('a device drops a deleted message by its heartbeat, and then asks no more', async () => {
    const marked = await aMarkedMessage();
    const { chatId, place, messageId, owner, member } = marked;
    const counted = counting();
    const device = await aDevice(chat.url, member, { heartbeatMs: 50, connect: counted.connect });
    await untilSynced(device);
    await leave(member, chatId);
    await changeAll(marked);

    await owner.call(chatRest.deleteMessage, { ...place, scope: 'everyone' });

    const localMessage = () =>
      messagesOf(device.database, chatId).find(({ id }) => id === messageId);
    await until('the device dropped the content', () => localMessage()?.deletedAt !== null);
    expect(localMessage()).toMatchObject({ content: null, reactions: [] });
    const { replyTo: _, ...tombstone } = await read(member, chatId, messageId);
    expect(localMessage()).toEqual(tombstone);
    const snapshots = await chat.admin.messageVersion.count({ where: { messageId } });
    expect(snapshots).toBe(0);
    await sendText(owner, chatId, 'not for former members');
    const [syncs, beats] = [counted.sent('sync'), counted.sent('last_seen_update')];
    await until('more heartbeats pass', () => counted.sent('last_seen_update') > beats + 5);
    expect(counted.sent('sync')).toBe(syncs);
  });
});

test('no snapshot is kept of a message that changes while nobody has left', async () => {
  const marked = await aMarkedMessage();
  await changeAll(marked);
  expect(await chat.admin.messageVersion.count({ where: { messageId: marked.messageId } })).toBe(0);
});
