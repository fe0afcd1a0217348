import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aBlock, aMedia } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { deleteOldEdits } from '../src/messages/delete-old-edits.ts';
import { aGroupWithRoles } from './groups.ts';
import { messageWith, sendText } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);

const edit = (person: Person, chatId: string, messageId: string, content: string, more = {}) =>
  person.call(chatRest.editMessage, { chatId, messageId, content, ...more });
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

describe('PATCH /chats/:chatId/messages/:messageId', () => {
  test('an edit changes the text live on every node, and the earlier text is kept', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const message = await sendText(asha, chatId, 'Helo');
    const phone = await biren.connect();

    const edited = await edit(asha, chatId, message.id, 'Hello');

    expect(edited).toMatchObject({
      status: 200,
      body: { content: 'Hello', seq: 1, changeSeq: 2, clientMessageId: message.clientMessageId },
    });
    expect(edited.body.editedAt).not.toBeNull();
    const event = await phone.next('message_updated');
    expect(event).toMatchObject({ chatId, changeSeq: 2, message: { content: 'Hello' } });
    const { my: _, clientMessageId: __, replyTo: ___, ...seen } = edited.body;
    expect(event.message).toEqual(seen);
    const history = await biren.call(chatRest.listMessages, { chatId });
    expect(history.body.items).toMatchObject([{ content: 'Hello', changeSeq: 2 }]);
    const earlier = await chat.admin.messageEdit.findMany({ where: { messageId: message.id } });
    expect(earlier).toMatchObject([{ version: 1, content: 'Helo' }]);
    const { items } = (await biren.call(chatRest.listChats, {})).body;
    expect(items[0]!.my.unreadCount).toBe(1);
  });

  test('a repeated edit is one edit, and another text is another version', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const { id } = await sendText(asha, chatId, 'one');
    const [first] = await Promise.all([
      edit(asha, chatId, id, 'two'),
      edit(asha, chatId, id, 'two'),
    ]);
    expect((await edit(asha, chatId, id, 'two')).body).toEqual(first.body);
    expect((await edit(asha, chatId, id, 'three')).body.changeSeq).toBe(3);
    const earlier = await chat.admin.messageEdit.findMany({
      where: { messageId: id },
      orderBy: { version: 'asc' },
    });
    expect(earlier.map(({ content }) => content)).toEqual(['one', 'two']);
  });

  test('earlier texts are kept for thirty days', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const { id } = await sendText(asha, chatId, 'one');
    for (const content of ['two', 'three']) await edit(asha, chatId, id, content);
    await chat.admin.messageEdit.update({
      where: { messageId_version: { messageId: id, version: 1 } },
      data: { editedAt: minutesAgo(31 * 24 * 60) },
    });
    await deleteOldEdits({ db: chat.admin });
    const kept = await chat.admin.messageEdit.findMany({ where: { messageId: id } });
    expect(kept.map(({ content }) => content)).toEqual(['two']);
  });

  test('an edit keeps, replaces or drops mentions', async () => {
    const { owner, admin, member, stranger, chatId } = await aGroupWithRoles(chat);
    const sent = await owner.call(
      chatRest.sendMessage,
      messageWith(chatId, { content: '@admin', mentions: [admin.userId] }),
    );
    const { id } = sent.body;
    expect((await edit(owner, chatId, id, 'hi @admin')).body.mentions).toEqual([admin.userId]);
    const mentions = [member.userId, stranger.userId];
    const changed = await edit(owner, chatId, id, 'hi @member', { mentions });
    expect(changed.body.mentions).toEqual([member.userId]);
    const rows = await chat.admin.messageMention.findMany({ where: { messageId: id } });
    expect(rows.map(({ userId }) => userId)).toEqual([member.userId]);
    expect((await edit(owner, chatId, id, 'hi', { mentions: [] })).body.mentions).toEqual([]);
  });

  test('an edit can remove a caption but not a text', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const media = await aMedia(chat.admin, { id: asha.userId });
    const photo = await asha.call(
      chatRest.sendMessage,
      messageWith(chatId, { messageType: 'image', mediaId: media.id, content: 'caption' }),
    );
    const { id } = photo.body;
    expect((await edit(asha, chatId, id, 'x'.repeat(1_025))).status).toBe(400);
    const bare = await edit(asha, chatId, id, '');
    expect(bare.body).toMatchObject({ content: null, media: { id: media.id } });
    const plain = await sendText(asha, chatId, 'text');
    expect((await edit(asha, chatId, plain.id, '\u200B')).status).toBe(400);
  });

  test('only the sender can edit, for fifteen minutes by the clock of the database', async () => {
    const { owner, admin, member, stranger, chatId } = await aGroupWithRoles(chat);
    const { id } = await sendText(member, chatId, 'mine');
    const move = (createdAt: Date) =>
      chat.admin.message.update({ where: { id }, data: { createdAt } });
    expect((await edit(owner, chatId, id, 'x')).body).toMatchObject({ code: 'forbidden' });
    expect((await edit(admin, chatId, id, 'x')).body).toMatchObject({ code: 'forbidden' });
    expect((await edit(stranger, chatId, id, 'x')).body).toMatchObject({ code: 'chat_not_found' });
    await move(minutesAgo(14));
    expect((await edit(member, chatId, id, 'in time')).status).toBe(200);
    await move(minutesAgo(16));
    const late = await edit(member, chatId, id, 'late');
    expect(late).toMatchObject({ status: 409, body: { code: 'edit_window_closed' } });
  });

  test('a forwarded message cannot be edited', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const original = await sendText(asha, chatId, 'original');
    const forward = { forwardOf: { messageId: original.id } };
    const { body: forwarded } = await asha.call(chatRest.sendMessage, messageWith(chatId, forward));

    const answer = await edit(asha, chatId, forwarded.id, 'another text');

    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    const { body: page } = await asha.call(chatRest.listMessages, { chatId });
    expect(page.items.map(({ content }) => content)).toEqual(['original', 'original']);
  });

  test('an edit of a deleted message or one in another chat changes nothing', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const elsewhere = await chat.twoFriends();
    const foreign = await sendText(elsewhere.asha, elsewhere.chatId, 'x');
    const { id } = await sendText(asha, chatId, 'x');
    expect((await edit(asha, chatId, foreign.id, 'y')).body).toMatchObject({
      code: 'message_not_found',
    });
    await asha.call(chatRest.deleteMessage, { chatId, messageId: id, scope: 'everyone' });
    expect((await edit(asha, chatId, id, 'y')).body).toMatchObject({ status: 410, code: 'gone' });
    const { body: page } = await biren.call(chatRest.listMessages, { chatId });
    expect(page.chat.changeSeq).toBe(2);
  });

  test('an edit never crosses a block, and does not reveal the block', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const [ashas, birens] = [await sendText(asha, chatId, 'a'), await sendText(biren, chatId, 'b')];
    await aBlock(chat.admin, { id: asha.userId }, { id: biren.userId });
    const refused = await edit(asha, chatId, ashas.id, 'x');
    expect(refused.body).toMatchObject({ code: 'forbidden' });
    const late = await edit(biren, chatId, birens.id, 'harassment');
    expect(late.body).toMatchObject({ code: 'edit_window_closed' });

    const withheld = await sendText(biren, chatId, 'hello?');
    const [phone, tablet] = await Promise.all([
      asha.connect(),
      chat.as({ id: biren.userId }).connect(),
    ]);
    expect((await edit(biren, chatId, withheld.id, 'hello')).status).toBe(200);
    expect((await tablet.next('message_updated')).message.content).toBe('hello');
    expect(phone.seen('message_updated')).toEqual([]);
  });
});
