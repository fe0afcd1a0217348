import { describe, expect, test } from '@jest/globals';
import { type Message, type SendMessage, chatRest } from '@taar/contracts';
import { aBlock, aMedia } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import type { Phone } from '@taar/testing/phone';
import { aGroupWithRoles, removeSilently } from './groups.ts';
import { messageWith, sendText, text } from './messages.ts';
import { startMuteProxy } from './mute-proxy.ts';
import { startProcess } from './processes.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);
const [first, second] = chat.nodes as [(typeof chat.nodes)[0], (typeof chat.nodes)[0]];

/** The same user with a new session on another device. */
const signInAgain = (person: Person, node = first) => node.as({ id: person.userId });
const send = (sender: Person, message: SendMessage) => sender.call(chatRest.sendMessage, message);
const ask = async (phone: Phone, message: SendMessage): Promise<Message> => {
  const ack = await phone.ask('send_message', message);
  if (!ack.ok) throw new Error(`The message was refused: ${ack.error.code}.`);
  return ack.data.message;
};
const expectReplay = async (sender: Person, message: SendMessage) => {
  const answer = await send(sender, message);
  expect(answer.status).toBe(200);
  expect(answer.headers['idempotent-replayed']).toBe('true');
  return answer.body;
};
/** Sends one more message, and answers the ids of those the phone received before it. */
const receivedBy = async (phone: Phone, from: Person, chatId: string) => {
  const last = await sendText(from, chatId, 'marks the end');
  await phone.next('message_received', ({ message }) => message.id === last.id);
  return phone
    .seen('message_received')
    .map(({ message }) => message.id)
    .slice(0, -1);
};

describe('one clientMessageId', () => {
  test('a message sent fifty times at once, over REST and sockets, is stored once', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const senders = [signInAgain(asha), signInAgain(asha, second)];
    const sockets = await Promise.all(senders.map((sender) => sender.connect()));
    const receivers = await Promise.all(
      [signInAgain(biren), signInAgain(biren, second)].map((receiver) => receiver.connect()),
    );
    const message = text(chatId, 'once');

    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        i % 2 === 0
          ? send(senders[(i / 2) % 2]!, message).then(({ body }) => body)
          : ask(sockets[((i - 1) / 2) % 2]!, message),
      ),
    );

    for (const answer of answers) expect(answer).toEqual(answers[0]);
    const { body: page } = await biren.call(chatRest.listMessages, { chatId });
    expect(page).toMatchObject({ items: [{ seq: 1 }], chat: { lastSeq: 1, changeSeq: 1 } });
    for (const phone of receivers)
      expect(await receivedBy(phone, asha, chatId)).toContainEqual(answers[0]!.id);
    for (const phone of receivers) {
      const ids = phone.seen('message_received').map(({ message }) => message.id);
      expect(ids.filter((id) => id === answers[0]!.id)).toHaveLength(1);
    }
  });

  test.each([
    { content: 'other words' },
    { mentions: ['0b5a3e0e-0000-4000-8000-000000000000'] },
    { metadata: { more: true } },
    { content: null, messageType: 'location', metadata: { latitude: 1, longitude: 2 } },
  ])(
    'one clientMessageId with another body is a conflict, over REST and sockets: %j',
    async (change) => {
      const { asha, chatId } = await chat.twoFriends();
      const message = text(chatId, 'words');
      await send(asha, message);
      const other = { ...message, ...change } as SendMessage;
      expect((await send(asha, other)).body).toMatchObject({ code: 'idempotency_conflict' });
      const phone = await asha.connect();
      expect(await phone.ask('send_message', other)).toMatchObject({ error: { status: 409 } });
      expect(await expectReplay(asha, { ...message, replyToId: null })).toMatchObject({ seq: 1 });
    },
  );

  test('one clientMessageId is a conflict in another chat but not by another sender', async () => {
    const [friends, otherFriends] = [await chat.twoFriends(), await chat.twoFriends()];
    const message = text(friends.chatId, 'x');
    await send(friends.asha, message);
    expect((await send(friends.biren, message)).body.seq).toBe(2);
    const elsewhere = await send(friends.asha, { ...message, chatId: otherFriends.chatId });
    expect(elsewhere.body).toMatchObject({ code: 'idempotency_conflict' });
  });
});

describe('a sender without an answer', () => {
  test('a sender who signs in again gets the message back over REST and sockets', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const network = await startMuteProxy(first.url);
    const phone = await chat.at(network.url)({ id: asha.userId }).connect();
    const birensPhone = await biren.connect();
    const message = text(chatId, 'without an answer');
    network.mute();
    phone.socket.emit('send_message', message, () => undefined);
    const received = await birensPhone.next('message_received');
    phone.close();

    const replayed = await expectReplay(signInAgain(asha, second), message);
    const reconnected = await signInAgain(asha).connect();
    const ack = await reconnected.ask('send_message', message);

    expect(replayed).toMatchObject({ id: received.message.id, seq: 1 });
    expect(ack).toMatchObject({ ok: true, data: { replayed: true, message: replayed } });
    expect(await receivedBy(birensPhone, asha, chatId)).toEqual([replayed.id]);
  });

  test('a sender gets the message back after a year', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const message = text(chatId, 'old');
    const { id } = (await send(asha, message)).body;
    const createdAt = new Date(Date.now() - 366 * 24 * 3_600_000);
    await chat.admin.message.update({ where: { id }, data: { createdAt } });
    expect(await expectReplay(signInAgain(asha), message)).toMatchObject({
      id,
      createdAt: createdAt.toISOString(),
    });
  });

  test.each(['beforePublish', 'afterPublish'] as const)(
    'a message whose node is killed at the point %s is stored once, and its sender gets it back',
    async (killPoint) => {
      const { asha, biren, chatId } = await chat.twoFriends();
      const { url, exited } = await startProcess(
        { ...chat.env, KILL_POINT: killPoint },
        'test/node-killed-mid-send.ts',
      );
      const phone = await biren.connect();
      const message = text(chatId, 'last words');

      await expect(send(chat.at(url)({ id: asha.userId }), message)).rejects.toThrow(
        /socket hang up|ECONNRESET/,
      );
      expect(await exited).toEqual([null, 'SIGKILL']);

      const replayed = await expectReplay(asha, message);
      expect(replayed).toMatchObject({ seq: 1, changeSeq: 1 });
      const live = await receivedBy(phone, asha, chatId);
      expect(live).toEqual(killPoint === 'afterPublish' ? [replayed.id] : []);
      const { body: page } = await biren.call(chatRest.listMessages, { chatId });
      expect(page.items.map(({ seq }) => seq)).toEqual([1, 2]);
    },
  );
});

describe('the answer to a replay', () => {
  test('a replay returns an edited, reacted to or deleted message as it is now', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const message = text(chatId, 'first');
    const sent = await send(asha, message);
    const place = { chatId, messageId: sent.body.id };
    expect(await expectReplay(asha, message)).toEqual(sent.body);
    await asha.call(chatRest.editMessage, { ...place, content: 'second' });
    await biren.call(chatRest.setReaction, { ...place, emoji: '👍' });
    await asha.call(chatRest.deleteMessage, { ...place, scope: 'me' });
    expect(await expectReplay(asha, message)).toMatchObject({
      content: 'second',
      changeSeq: 3,
      reactions: [{ emoji: '👍', count: 1 }],
    });
    const other = text(chatId, 'to be gone');
    const { id } = (await send(asha, other)).body;
    await asha.call(chatRest.deleteMessage, { chatId, messageId: id, scope: 'everyone' });
    const tombstone = await expectReplay(asha, other);
    expect(tombstone).toMatchObject({ id, content: null, clientMessageId: other.clientMessageId });
    expect(tombstone.deletedAt).not.toBeNull();
    expect((await send(asha, { ...other, content: 'x' })).status).toBe(409);
  });

  test('a replay is answered although its sender may not send any longer', async () => {
    const { member, chatId } = await aGroupWithRoles(chat);
    const message = text(chatId, 'bye');
    const { id } = (await send(member, message)).body;
    await removeSilently(chat, chatId, member.userId);
    expect(await expectReplay(member, message)).toMatchObject({ id, content: 'bye' });
    expect((await send(member, text(chatId, 'and'))).body).toMatchObject({ code: 'not_a_member' });

    const friends = await chat.twoFriends();
    const words = text(friends.chatId, 'x');
    await send(friends.asha, words);
    await aBlock(chat.admin, { id: friends.asha.userId }, { id: friends.biren.userId });
    expect(await expectReplay(friends.asha, words)).toMatchObject({ seq: 1 });
  });

  test('a replay is answered although its media and its reference are gone', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const media = await aMedia(chat.admin, { id: asha.userId });
    const first = await sendText(biren, chatId, 'a question');
    const photo = messageWith(chatId, {
      messageType: 'image',
      mediaId: media.id,
      replyToId: first.id,
    });
    const forward = messageWith(chatId, { forwardOf: { messageId: first.id } });
    const [sentPhoto, sentForward] = [await send(asha, photo), await send(asha, forward)];
    await chat.admin.media.update({ where: { id: media.id }, data: { deletedAt: new Date() } });
    await biren.call(chatRest.deleteMessage, { chatId, messageId: first.id, scope: 'everyone' });
    expect(await expectReplay(asha, photo)).toMatchObject({
      id: sentPhoto.body.id,
      replyTo: { deleted: true, content: null },
    });
    expect(await expectReplay(asha, forward)).toEqual(sentForward.body);
  });
});
