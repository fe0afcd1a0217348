import { describe, expect, test } from '@jest/globals';
import { type Message, type SendMessage, chatRest } from '@taar/contracts';
import { aBlock, aMedia } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import type { Phone } from '@taar/testing/phone';
import { aFamily, body, say, takeOut, text } from './messages.ts';
import { startMuteProxy } from './mute-proxy.ts';
import { startProcess } from './processes.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);
const [here, there] = chat.nodes as [(typeof chat.nodes)[0], (typeof chat.nodes)[0]];

/** The same person, signed in anew on another device. */
const again = (who: Person, node = here) => node.as({ id: who.userId });
const send = (who: Person, message: SendMessage) => who.call(chatRest.sendMessage, message);
const ask = async (phone: Phone, message: SendMessage): Promise<Message> => {
  const ack = await phone.ask('send_message', message);
  if (!ack.ok) throw new Error(`The message was refused: ${ack.error.code}.`);
  return ack.data.message;
};
const expectReplay = async (who: Person, message: SendMessage) => {
  const answer = await send(who, message);
  expect(answer.status).toBe(200);
  expect(answer.headers['idempotent-replayed']).toBe('true');
  return answer.body;
};
/** What a phone got of a chat, once all that was sent before has come. */
const gotBy = async (phone: Phone, from: Person, chatId: string) => {
  const last = await say(from, chatId, 'the last one');
  await phone.next('message_received', ({ message }) => message.id === last.id);
  return phone
    .seen('message_received')
    .map(({ message }) => message.id)
    .slice(0, -1);
};

describe('one clientMessageId', () => {
  test('T-D1 sent fifty times at once over REST and sockets of two nodes, is one message everywhere', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const senders = [again(asha), again(asha, there)];
    const sockets = await Promise.all(senders.map((who) => who.connect()));
    const receivers = await Promise.all(
      [again(biren), again(biren, there)].map((w) => w.connect()),
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
      expect(await gotBy(phone, asha, chatId)).toContainEqual(answers[0]!.id);
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
  ])('with another body is a conflict, over either door: %j', async (change) => {
    const { asha, chatId } = await chat.twoFriends();
    const message = text(chatId, 'words');
    await send(asha, message);
    const other = { ...message, ...change } as SendMessage;
    expect((await send(asha, other)).body).toMatchObject({ code: 'idempotency_conflict' });
    const phone = await asha.connect();
    expect(await phone.ask('send_message', other)).toMatchObject({ error: { status: 409 } });
    expect(await expectReplay(asha, { ...message, replyToId: null })).toMatchObject({ seq: 1 });
  });

  test('in another chat is a conflict; of another sender, a message of its own', async () => {
    const [one, other] = [await chat.twoFriends(), await chat.twoFriends()];
    const message = text(one.chatId, 'x');
    await send(one.asha, message);
    expect((await send(one.biren, message)).body.seq).toBe(2);
    const elsewhere = await send(one.asha, { ...message, chatId: other.chatId });
    expect(elsewhere.body).toMatchObject({ code: 'idempotency_conflict' });
  });
});

describe('a sender who heard nothing', () => {
  test('T-D3 and signed in anew, gets the message back over either door', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const network = await startMuteProxy(here.url);
    const phone = await chat.at(network.url)({ id: asha.userId }).connect();
    const other = await biren.connect();
    const message = text(chatId, 'is anybody there?');
    network.mute();
    phone.socket.emit('send_message', message, () => undefined);
    const received = await other.next('message_received');
    phone.close();

    const replayed = await expectReplay(again(asha, there), message);
    const reconnected = await again(asha).connect();
    const ack = await reconnected.ask('send_message', message);

    expect(replayed).toMatchObject({ id: received.message.id, seq: 1 });
    expect(ack).toMatchObject({ ok: true, data: { replayed: true, message: replayed } });
    expect(await gotBy(other, asha, chatId)).toEqual([replayed.id]);
  });

  test('T-D4 gets it back after a year', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const message = text(chatId, 'old');
    const { id } = (await send(asha, message)).body;
    const createdAt = new Date(Date.now() - 366 * 24 * 3_600_000);
    await chat.admin.message.update({ where: { id }, data: { createdAt } });
    expect(await expectReplay(again(asha), message)).toMatchObject({
      id,
      createdAt: createdAt.toISOString(),
    });
  });

  test.each(['untold', 'told'] as const)(
    'T-D5 as the node was killed with the message committed but %s, gets it back, and it came once',
    async (dies) => {
      const { asha, biren, chatId } = await chat.twoFriends();
      const { url, exited } = await startProcess({ ...chat.env, DIES: dies }, 'test/dying-node.ts');
      const phone = await biren.connect();
      const message = text(chatId, 'last words');

      await expect(send(chat.at(url)({ id: asha.userId }), message)).rejects.toThrow();
      expect(await exited).toEqual([null, 'SIGKILL']);

      const replayed = await expectReplay(asha, message);
      expect(replayed).toMatchObject({ seq: 1, changeSeq: 1 });
      const live = await gotBy(phone, asha, chatId);
      expect(live).toEqual(dies === 'told' ? [replayed.id] : []);
      const { body: page } = await biren.call(chatRest.listMessages, { chatId });
      expect(page.items.map(({ seq }) => seq)).toEqual([1, 2]);
    },
  );
});

describe('a retry is answered by the message as it is now', () => {
  test('edited, reacted to, deleted for me or for everyone', async () => {
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

  test('though its sender left, was blocked, or may not send any more', async () => {
    const { member, chatId } = await aFamily(chat);
    const message = text(chatId, 'bye');
    const { id } = (await send(member, message)).body;
    await takeOut(chat, chatId, member.userId);
    expect(await expectReplay(member, message)).toMatchObject({ id, content: 'bye' });
    expect((await send(member, text(chatId, 'and'))).body).toMatchObject({ code: 'not_a_member' });

    const friends = await chat.twoFriends();
    const words = text(friends.chatId, 'x');
    await send(friends.asha, words);
    await aBlock(chat.admin, { id: friends.asha.userId }, { id: friends.biren.userId });
    expect(await expectReplay(friends.asha, words)).toMatchObject({ seq: 1 });
  });

  test('though what it points at is no more', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const media = await aMedia(chat.admin, { id: asha.userId });
    const first = await say(biren, chatId, 'a question');
    const photo = body(chatId, {
      messageType: 'image',
      mediaId: media.id,
      replyToId: first.id,
    });
    const forward = body(chatId, { forwardOf: { messageId: first.id } });
    const [one, two] = [await send(asha, photo), await send(asha, forward)];
    await chat.admin.media.update({ where: { id: media.id }, data: { deletedAt: new Date() } });
    await biren.call(chatRest.deleteMessage, { chatId, messageId: first.id, scope: 'everyone' });
    expect(await expectReplay(asha, photo)).toMatchObject({
      id: one.body.id,
      replyTo: { deleted: true, content: null },
    });
    expect(await expectReplay(asha, forward)).toEqual(two.body);
  });
});
