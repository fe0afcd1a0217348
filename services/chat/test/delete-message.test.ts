import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aMedia } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { aFamily, body, say, takeOut } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);

const remove = (who: Person, chatId: string, messageId: string, scope?: 'me' | 'everyone') =>
  who.call(chatRest.deleteMessage, { chatId, messageId, ...(scope && { scope }) });
const idsOf = async (who: Person, chatId: string) =>
  (await who.call(chatRest.listMessages, { chatId })).body.items.map(({ id }) => id);
const get = (who: Person, chatId: string, messageId: string) =>
  who.call(chatRest.getMessage, { chatId, messageId });

describe('deleting a message for me', () => {
  test('takes it from my devices alone, and tells only them', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const [first, second] = [await say(asha, chatId, 'one'), await say(asha, chatId, 'two')];
    const [mine, theirs] = await Promise.all([
      chat.as({ id: biren.userId }).connect(),
      asha.connect(),
    ]);

    expect((await remove(biren, chatId, first.id)).status).toBe(204);

    const { userVer } = await mine.next('my_state_updated', (told) => told.chatId === chatId);
    expect(await idsOf(biren, chatId)).toEqual([second.id]);
    expect(await idsOf(asha, chatId)).toEqual([first.id, second.id]);
    expect((await get(biren, chatId, first.id)).body).toMatchObject({ code: 'message_not_found' });
    expect(theirs.seen('my_state_updated')).toEqual([]);
    const { body: page } = await biren.call(chatRest.listMessages, { chatId });
    expect(page).toMatchObject({
      coverage: { fromSeq: 1, toSeq: 2 },
      chat: { changeSeq: 2, myVer: userVer },
    });
    const chats = await biren.call(chatRest.listChats, {});
    expect(chats.body.items[0]!.my.unreadCount).toBe(1);
  });

  test('repeated, changes nothing more', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const { id } = await say(asha, chatId, 'x');
    const versions = async () => {
      await remove(asha, chatId, id, 'me').then(({ status }) => expect(status).toBe(204));
      return (await asha.call(chatRest.listMessages, { chatId })).body.chat.myVer;
    };
    expect(await versions()).toBe(await versions());
  });
});

describe('deleting a message for everyone', () => {
  test('leaves a tombstone: who, where and when, and nothing of what', async () => {
    const { owner, admin, member, chatId } = await aFamily(chat);
    const media = await aMedia(chat.admin, { id: member.userId });
    const photo = await member.call(
      chatRest.sendMessage,
      body(chatId, {
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
      body(chatId, { content: 'ok', replyToId: place.messageId }),
    );
    const phone = await admin.connect();

    expect((await remove(member, chatId, place.messageId, 'everyone')).status).toBe(204);

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

  test('repeated by anyone who may, is one change', async () => {
    const { owner, member, chatId } = await aFamily(chat);
    const { id } = await say(member, chatId, 'x');
    const answers = await Promise.all(
      [owner, member, owner].map((who) => remove(who, chatId, id, 'everyone')),
    );
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
    const { body: page } = await owner.call(chatRest.listMessages, { chatId });
    expect(page.chat.changeSeq).toBe(2);
  });

  test('is for its sender within two days, and for admins of a group at any time', async () => {
    const { owner, admin, member, stranger, chatId } = await aFamily(chat);
    const [old, fresh] = [await say(member, chatId, 'old'), await say(owner, chatId, 'fresh')];
    await chat.admin.message.update({
      where: { id: old.id },
      data: { createdAt: new Date(Date.now() - 49 * 3_600_000) },
    });
    const codeOf = async (who: Person, id: string) =>
      (await remove(who, chatId, id, 'everyone')).body;
    expect(await codeOf(member, old.id)).toMatchObject({ code: 'delete_window_closed' });
    expect(await codeOf(member, fresh.id)).toMatchObject({ code: 'forbidden_role' });
    expect(await codeOf(stranger, fresh.id)).toMatchObject({ code: 'chat_not_found' });
    expect((await remove(admin, chatId, fresh.id, 'everyone')).status).toBe(204);
    expect((await remove(admin, chatId, old.id, 'everyone')).status).toBe(204);
    const direct = await chat.twoFriends();
    const theirs = await say(direct.asha, direct.chatId, 'x');
    const refused = await remove(direct.biren, direct.chatId, theirs.id, 'everyone');
    expect(refused.body).toMatchObject({ code: 'forbidden' });
  });

  test('is not for a former member, who keeps reading what was sent before', async () => {
    const { member, owner, chatId } = await aFamily(chat);
    const mine = await say(member, chatId, 'mine');
    await takeOut(chat, chatId, member.userId);
    const later = await say(owner, chatId, 'later');
    for (const scope of ['me', 'everyone'] as const)
      expect((await remove(member, chatId, mine.id, scope)).body).toMatchObject({
        code: 'not_a_member',
      });
    expect((await get(member, chatId, mine.id)).status).toBe(200);
    expect((await get(member, chatId, later.id)).body).toMatchObject({ code: 'message_not_found' });
  });
});
