import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aMedia, aMessage } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { aGroupWithRoles, removeSilently } from './groups.ts';
import { messageWith, sendText, text } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat();

const send = (sender: Person, chatId: string, fields: object) =>
  sender.call(chatRest.sendMessage, messageWith(chatId, fields));
const idOf = ({ userId }: Person) => ({ id: userId });

describe('a text', () => {
  test.each(['', ' ', '\u200B\u200D', '\u202E\u2066', '\uFE0F', '\u3164\u00AD', '\u2800'])(
    'the text %j is refused, as nothing of it is visible',
    async (content) => {
      const { asha, chatId } = await chat.twoFriends();
      expect(await send(asha, chatId, { content })).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: '/content' }] },
      });
    },
  );

  test('a text is counted in code points and kept byte for byte', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const longest = '🙂'.repeat(8_192);
    expect((await send(asha, chatId, { content: longest })).body.content).toBe(longest);
    expect((await send(asha, chatId, { content: `${longest}!` })).status).toBe(400);
    const odd = " <script>'; DROP TABLE messages; {{7*7}} ${jndi:x} \u202Eabc\r\n";
    expect((await send(asha, chatId, { content: odd })).body.content).toBe(odd);
  });

  test.each([
    { messageType: 'system' },
    { messageType: 'sticker' },
    { seq: 1 },
    { senderId: '0b5a3e0e-0000-4000-8000-000000000000' },
    { createdAt: '2026-01-01T00:00:00.000Z' },
    { mediaUrl: 'http://169.254.169.254/' },
    { metadata: { media: { url: 'x' } } },
    { metadata: { event: 'group_created' } },
    { metadata: { mentions: [] } },
    { metadata: { a: { b: { c: { d: { e: 1 } } } } } },
    { metadata: { long: 'x'.repeat(4_096) } },
  ])('fields of the server and oversized metadata are refused: %j', async (fields) => {
    const { asha, chatId } = await chat.twoFriends();
    const answer = await asha.send('post', `/chats/${chatId}/messages`);
    const { status } = await answer.request.send({
      ...text('', 'x'),
      chatId: undefined,
      ...fields,
    });
    expect(status).toBe(400);
  });

  test('metadata of the client is kept', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const sent = await send(asha, chatId, { content: 'x', metadata: { theme: { dark: true } } });
    expect(sent.body.metadata).toEqual({ theme: { dark: true } });
  });
});

describe('media', () => {
  test('a message takes ready media of its sender, with up to 1,024 characters', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const media = await aMedia(chat.admin, idOf(asha));
    const photo = { messageType: 'image', mediaId: media.id };

    const sent = await send(asha, chatId, { ...photo, content: 'é'.repeat(1_024) });
    expect(sent).toMatchObject({
      status: 201,
      body: { mediaUrl: `/media/${media.id}`, media: { id: media.id, state: 'ready' } },
    });
    expect((await send(asha, chatId, { ...photo, content: 'é'.repeat(1_025) })).status).toBe(400);
    expect((await send(asha, chatId, { ...photo, content: '' })).body.content).toBeNull();
    expect((await send(asha, chatId, { messageType: 'image' })).status).toBe(400);
    expect((await send(asha, chatId, { content: 'x', mediaId: media.id })).status).toBe(400);
  });

  test('media of another user, deleted and unfinished media are refused', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const [foreign, deleted, pending] = await Promise.all([
      aMedia(chat.admin, idOf(biren)),
      aMedia(chat.admin, idOf(asha), { deletedAt: new Date() }),
      aMedia(chat.admin, idOf(asha), { state: 'processing' }),
    ]);
    const codeOf = async ({ id }: { id: string }) =>
      (await send(asha, chatId, { messageType: 'video', mediaId: id })).body;
    expect(await codeOf(foreign)).toMatchObject({ code: 'media_not_found' });
    expect(await codeOf(deleted)).toMatchObject({ code: 'media_not_found' });
    expect(await codeOf(pending)).toMatchObject({ code: 'media_not_ready', retryable: true });
  });
});

test('locations and contacts must have their shapes', async () => {
  const { asha, chatId } = await chat.twoFriends();
  const statusOf = async (messageType: string, metadata: object) =>
    (await send(asha, chatId, { messageType, metadata })).status;
  const place = { latitude: 22.57, longitude: 88.36, name: 'Kolkata' };
  const contacts = [{ name: 'Ma', phoneNumbers: ['+919876543210'] }];

  expect(await statusOf('location', place)).toBe(201);
  expect(await statusOf('location', { ...place, latitude: 91 })).toBe(400);
  expect(await statusOf('location', { ...place, latitude: '22' })).toBe(400);
  expect(await statusOf('location', { ...place, more: 1 })).toBe(400);
  expect(await statusOf('location', {})).toBe(400);
  expect(await statusOf('contact', { contacts })).toBe(201);
  expect(await statusOf('contact', { contacts: [] })).toBe(400);
  expect(await statusOf('contact', { contacts: [{ ...contacts[0], more: 1 }] })).toBe(400);
  expect(await statusOf('contact', { contacts: [{ name: ' ', phoneNumbers: ['1'] }] })).toBe(400);
});

describe('a reply', () => {
  test('a reply shows the message it answers, in the ack as in the history', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const first = await sendText(asha, chatId, 'Tea?');
    const reply = await send(biren, chatId, { content: 'Yes', replyToId: first.id });
    expect(reply.body.replyTo).toEqual({
      id: first.id,
      seq: 1,
      senderId: asha.userId,
      messageType: 'text',
      content: 'Tea?',
      deleted: false,
    });
    const { body } = await biren.call(chatRest.listMessages, { chatId });
    expect(body.items.at(-1)).toEqual(reply.body);
  });

  test('a reply must answer a message of the same chat that its sender sees', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const elsewhere = await chat.twoFriends();
    const foreign = await sendText(elsewhere.asha, elsewhere.chatId, 'private');
    const hidden = await sendText(asha, chatId, 'hidden');
    await asha.call(chatRest.deleteMessage, { chatId, messageId: hidden.id });
    for (const replyToId of [foreign.id, hidden.id, chatId])
      expect((await send(asha, chatId, { content: 'x', replyToId })).status).toBe(400);
  });
});

describe('a forward', () => {
  test('a forward copies content and media, counts up, and drops mentions', async () => {
    const { owner, member, chatId } = await aGroupWithRoles(chat);
    const media = await aMedia(chat.admin, idOf(owner));
    const photo = await send(owner, chatId, {
      messageType: 'image',
      mediaId: media.id,
      content: 'Look',
      mentions: [member.userId],
    });
    const forward = await send(member, chatId, { forwardOf: { messageId: photo.body.id } });
    expect(forward).toMatchObject({
      status: 201,
      body: { content: 'Look', isForwarded: true, forwardCount: 1, mentions: [] },
    });
    expect(forward.body.media).toEqual(photo.body.media);
    const forwardAgain = await send(owner, chatId, { forwardOf: { messageId: forward.body.id } });
    expect(forwardAgain.body.forwardCount).toBe(2);
  });

  test('a forward needs a message that its sender can read, and adds nothing to it', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const elsewhere = await chat.twoFriends();
    const foreign = await sendText(elsewhere.asha, elsewhere.chatId, 'private');
    const mine = await sendText(asha, chatId, 'mine');
    const forward = (messageId: string, more = {}) =>
      send(asha, chatId, { forwardOf: { messageId }, ...more });
    expect(await forward(foreign.id)).toMatchObject({ body: { code: 'message_not_found' } });
    expect((await forward(mine.id, { content: 'and more' })).status).toBe(400);
    expect((await forward(mine.id, { mentions: [asha.userId] })).status).toBe(400);
  });

  test('a message forwarded many times can go to one chat at a time', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const strict = await chat.startNode({ RATE_LIMIT_FACTOR: '1' });
    const rumour = await aMessage(chat.admin, { id: chatId }, idOf(asha), { forwardCount: 5 });
    const ashaThere = strict.as(idOf(asha));
    const forward = messageWith(chatId, { forwardOf: { messageId: rumour.id } });
    expect((await ashaThere.call(chatRest.sendMessage, forward)).status).toBe(201);
    const next = await send(ashaThere, chatId, { forwardOf: { messageId: rumour.id } });
    expect(next).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect((await ashaThere.call(chatRest.sendMessage, forward)).status).toBe(200);
  });
});

test('mentions are limited to active members, and one of the sender does not count', async () => {
  const { owner, admin, member, stranger, chatId } = await aGroupWithRoles(chat);
  await removeSilently(chat, chatId, admin.userId);
  const sent = await send(owner, chatId, {
    content: '@all',
    mentions: [stranger.userId, member.userId, admin.userId, owner.userId],
  });
  expect(sent.body.mentions).toEqual([member.userId, owner.userId]);
  const history = await member.call(chatRest.listMessages, { chatId });
  expect(history.body.items[0]!.mentions).toEqual([member.userId, owner.userId]);
  const rows = await chat.admin.messageMention.findMany({ where: { messageId: sent.body.id } });
  expect(rows.map(({ userId }) => userId)).toEqual([member.userId]);
});
