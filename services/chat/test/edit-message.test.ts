import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aBlock, aMedia } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { forgetEdits } from '../src/messages/forget-edits.ts';
import { aFamily, body, say } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);

const edit = (who: Person, chatId: string, messageId: string, content: string, more = {}) =>
  who.call(chatRest.editMessage, { chatId, messageId, content, ...more });
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

describe('PATCH /chats/:chatId/messages/:messageId', () => {
  test('changes the text for everyone, live on every node, and keeps what it was', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const message = await say(asha, chatId, 'Helo');
    const phone = await biren.connect();

    const edited = await edit(asha, chatId, message.id, 'Hello');

    expect(edited).toMatchObject({
      status: 200,
      body: { content: 'Hello', seq: 1, changeSeq: 2, clientMessageId: message.clientMessageId },
    });
    expect(edited.body.editedAt).not.toBeNull();
    const told = await phone.next('message_updated');
    expect(told).toMatchObject({ chatId, changeSeq: 2, message: { content: 'Hello' } });
    const { my: _, clientMessageId: __, replyTo: ___, ...seen } = edited.body;
    expect(told.message).toEqual(seen);
    const history = await biren.call(chatRest.listMessages, { chatId });
    expect(history.body.items).toMatchObject([{ content: 'Hello', changeSeq: 2 }]);
    const earlier = await chat.admin.messageEdit.findMany({ where: { messageId: message.id } });
    expect(earlier).toMatchObject([{ version: 1, content: 'Helo' }]);
    const { items } = (await biren.call(chatRest.listChats, {})).body;
    expect(items[0]!.my.unreadCount).toBe(1);
  });

  test('repeated is one edit; another is one more version', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const { id } = await say(asha, chatId, 'one');
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

  test('keeps what it was for thirty days', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const { id } = await say(asha, chatId, 'one');
    for (const content of ['two', 'three']) await edit(asha, chatId, id, content);
    await chat.admin.messageEdit.update({
      where: { messageId_version: { messageId: id, version: 1 } },
      data: { editedAt: minutesAgo(31 * 24 * 60) },
    });
    await forgetEdits({ db: chat.admin });
    const kept = await chat.admin.messageEdit.findMany({ where: { messageId: id } });
    expect(kept.map(({ content }) => content)).toEqual(['two']);
  });

  test('keeps, replaces or drops mentions', async () => {
    const { owner, admin, member, stranger, chatId } = await aFamily(chat);
    const sent = await owner.call(
      chatRest.sendMessage,
      body(chatId, { content: '@admin', mentions: [admin.userId] }),
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

  test('a caption may go, a text may not', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const media = await aMedia(chat.admin, { id: asha.userId });
    const photo = await asha.call(
      chatRest.sendMessage,
      body(chatId, { messageType: 'image', mediaId: media.id, content: 'caption' }),
    );
    const { id } = photo.body;
    expect((await edit(asha, chatId, id, 'x'.repeat(1_025))).status).toBe(400);
    const bare = await edit(asha, chatId, id, '');
    expect(bare.body).toMatchObject({ content: null, media: { id: media.id } });
    const plain = await say(asha, chatId, 'text');
    expect((await edit(asha, chatId, plain.id, '\u200B')).status).toBe(400);
  });

  test('is for its sender, for fifteen minutes by the clock of the database', async () => {
    const { owner, admin, member, stranger, chatId } = await aFamily(chat);
    const { id } = await say(member, chatId, 'mine');
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

  test('is not for what was forwarded: it stays what somebody else said', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const said = await say(asha, chatId, 'original');
    const forward = { forwardOf: { messageId: said.id } };
    const { body: forwarded } = await asha.call(chatRest.sendMessage, body(chatId, forward));

    const answer = await edit(asha, chatId, forwarded.id, 'put into their mouth');

    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    const { body: page } = await asha.call(chatRest.listMessages, { chatId });
    expect(page.items.map(({ content }) => content)).toEqual(['original', 'original']);
  });

  test('of what is not there, or no longer, changes nothing', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const elsewhere = await chat.twoFriends();
    const foreign = await say(elsewhere.asha, elsewhere.chatId, 'x');
    const { id } = await say(asha, chatId, 'x');
    expect((await edit(asha, chatId, foreign.id, 'y')).body).toMatchObject({
      code: 'message_not_found',
    });
    await asha.call(chatRest.deleteMessage, { chatId, messageId: id, scope: 'everyone' });
    expect((await edit(asha, chatId, id, 'y')).body).toMatchObject({ status: 410, code: 'gone' });
    const { body: page } = await biren.call(chatRest.listMessages, { chatId });
    expect(page.chat.changeSeq).toBe(2);
  });

  test('never reaches over a block, and does not tell of it', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const [mine, theirs] = [await say(asha, chatId, 'a'), await say(biren, chatId, 'b')];
    await aBlock(chat.admin, { id: asha.userId }, { id: biren.userId });
    const refused = await edit(asha, chatId, mine.id, 'x');
    expect(refused.body).toMatchObject({ code: 'forbidden' });
    const late = await edit(biren, chatId, theirs.id, 'harassment');
    expect(late.body).toMatchObject({ code: 'edit_window_closed' });

    const swallowed = await say(biren, chatId, 'hello?');
    const [phone, tablet] = await Promise.all([
      asha.connect(),
      chat.as({ id: biren.userId }).connect(),
    ]);
    expect((await edit(biren, chatId, swallowed.id, 'hello')).status).toBe(200);
    expect((await tablet.next('message_updated')).message.content).toBe('hello');
    expect(phone.seen('message_updated')).toEqual([]);
  });
});
