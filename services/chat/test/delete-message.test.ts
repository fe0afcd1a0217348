import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aMedia } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { aGroupWithRoles, removeSilently } from './groups.ts';
import { messageWith, sendText } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);

const deleteMessage = (
  person: Person,
  chatId: string,
  messageId: string,
  scope?: 'me' | 'everyone',
) => person.call(chatRest.deleteMessage, { chatId, messageId, ...(scope && { scope }) });
const idsOf = async (person: Person, chatId: string) =>
  (await person.call(chatRest.listMessages, { chatId })).body.items.map(({ id }) => id);
const get = (person: Person, chatId: string, messageId: string) =>
  person.call(chatRest.getMessage, { chatId, messageId });

describe('deleting a message for oneself', () => {
  test('the message disappears from the caller’s devices, which alone get an event', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const [first, second] = [
      await sendText(asha, chatId, 'one'),
      await sendText(asha, chatId, 'two'),
    ];
    const [birensPhone, ashasPhone] = await Promise.all([
      chat.as({ id: biren.userId }).connect(),
      asha.connect(),
    ]);

    expect((await deleteMessage(biren, chatId, first.id)).status).toBe(204);

    const { userVer } = await birensPhone.next(
      'my_state_updated',
      (event) => event.chatId === chatId,
    );
    expect(await idsOf(biren, chatId)).toEqual([second.id]);
    expect(await idsOf(asha, chatId)).toEqual([first.id, second.id]);
    expect((await get(biren, chatId, first.id)).body).toMatchObject({ code: 'message_not_found' });
    expect(ashasPhone.seen('my_state_updated')).toEqual([]);
    const { body: page } = await biren.call(chatRest.listMessages, { chatId });
    expect(page).toMatchObject({
      coverage: { fromSeq: 1, toSeq: 2 },
      chat: { changeSeq: 2, myVer: userVer },
    });
    const chats = await biren.call(chatRest.listChats, {});
    expect(chats.body.items[0]!.my.unreadCount).toBe(1);
  });

  test('a repeated deletion changes nothing', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const { id } = await sendText(asha, chatId, 'x');
    const versions = async () => {
      await deleteMessage(asha, chatId, id, 'me').then(({ status }) => expect(status).toBe(204));
      return (await asha.call(chatRest.listMessages, { chatId })).body.chat.myVer;
    };
    expect(await versions()).toBe(await versions());
  });
});

describe('deleting a message for everyone', () => {
  test('a tombstone keeps sender, position and time, and nothing of the content', async () => {
    const { owner, admin, member, chatId } = await aGroupWithRoles(chat);
    const media = await aMedia(chat.admin, { id: member.userId });
    const photo = await member.call(
      chatRest.sendMessage,
      messageWith(chatId, {
        messageType: 'image',
        mediaId: media.id,
        content: 'secret @owner',
        mentions: [owner.userId],
        metadata: { place: 'Digha' },
      }),
    );
    const place = { chatId, messageId: photo.body.id };
    await member.call(chatRest.editMessage, { ...place, content: 'still secret' });
    await owner.call(chatRest.setReaction, { ...place, emoji: '👍' });
    await owner.call(chatRest.starMessage, place);
    await owner.call(chatRest.pinMessage, place);
    const reply = await owner.call(
      chatRest.sendMessage,
      messageWith(chatId, { content: 'ok', replyToId: place.messageId }),
    );
    const phone = await admin.connect();

    expect((await deleteMessage(member, chatId, place.messageId, 'everyone')).status).toBe(204);

    const { message, changeSeq } = await phone.next('message_deleted');
    expect(message).toMatchObject({
      id: photo.body.id,
      seq: 1,
      senderId: member.userId,
      createdAt: photo.body.createdAt,
      changeSeq,
      content: null,
      media: null,
      mediaUrl: null,
      metadata: {},
      mentions: [],
      reactions: [],
      pinned: false,
    });
    expect(message.deletedAt).not.toBeNull();
    expect((await get(owner, chatId, place.messageId)).body).toEqual({
      ...message,
      replyTo: null,
      my: { starred: false, reaction: null },
    });
    const preview = (await get(owner, chatId, reply.body.id)).body.replyTo;
    expect(preview).toMatchObject({ deleted: true, content: null });
    const row = await chat.admin.message.findUniqueOrThrow({
      where: { id: place.messageId },
      include: { edits: true, reactions: true, pins: true, mentions: true, stars: true },
    });
    expect(row).toMatchObject({ content: null, mediaId: null, metadata: {}, edits: [], pins: [] });
    expect([row.reactions, row.mentions, row.stars]).toEqual([[], [], []]);
    const chats = await owner.call(chatRest.listChats, {});
    expect(chats.body.items[0]!.my).toMatchObject({ unreadCount: 0, mentionCount: 0 });
  });

  test('repeated deletions by members who may delete are one change', async () => {
    const { owner, member, chatId } = await aGroupWithRoles(chat);
    const { id } = await sendText(member, chatId, 'x');
    const answers = await Promise.all(
      [owner, member, owner].map((person) => deleteMessage(person, chatId, id, 'everyone')),
    );
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
    const { body: page } = await owner.call(chatRest.listMessages, { chatId });
    expect(page.chat.changeSeq).toBe(2);
  });

  test('a sender can delete for two days, and an admin of the group at any time', async () => {
    const { owner, admin, member, stranger, chatId } = await aGroupWithRoles(chat);
    const [old, fresh] = [
      await sendText(member, chatId, 'old'),
      await sendText(owner, chatId, 'fresh'),
    ];
    await chat.admin.message.update({
      where: { id: old.id },
      data: { createdAt: new Date(Date.now() - 49 * 3_600_000) },
    });
    const codeOf = async (person: Person, id: string) =>
      (await deleteMessage(person, chatId, id, 'everyone')).body;
    expect(await codeOf(member, old.id)).toMatchObject({ code: 'delete_window_closed' });
    expect(await codeOf(member, fresh.id)).toMatchObject({ code: 'forbidden_role' });
    expect(await codeOf(stranger, fresh.id)).toMatchObject({ code: 'chat_not_found' });
    expect((await deleteMessage(admin, chatId, fresh.id, 'everyone')).status).toBe(204);
    expect((await deleteMessage(admin, chatId, old.id, 'everyone')).status).toBe(204);
    const direct = await chat.twoFriends();
    const theirs = await sendText(direct.asha, direct.chatId, 'x');
    const refused = await deleteMessage(direct.biren, direct.chatId, theirs.id, 'everyone');
    expect(refused.body).toMatchObject({ code: 'forbidden' });
  });

  test('a former member cannot delete, and reads messages from before they left', async () => {
    const { member, owner, chatId } = await aGroupWithRoles(chat);
    const mine = await sendText(member, chatId, 'mine');
    await removeSilently(chat, chatId, member.userId);
    const later = await sendText(owner, chatId, 'later');
    for (const scope of ['me', 'everyone'] as const)
      expect((await deleteMessage(member, chatId, mine.id, scope)).body).toMatchObject({
        code: 'not_a_member',
      });
    expect((await get(member, chatId, mine.id)).status).toBe(200);
    expect((await get(member, chatId, later.id)).body).toMatchObject({ code: 'message_not_found' });
  });
});
