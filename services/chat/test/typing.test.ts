import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aBlock, aGroup, aUser } from '@taar/testing/factories';
import { startChat } from './start.ts';

const chat = await startChat(2);
const { admin, nodes, twoFriends } = chat;
const [first, second] = [nodes[0]!, nodes[1]!];

const connected = async () => {
  const { asha, biren, chatId } = await twoFriends();
  const people = { owner: { id: asha.userId }, members: [{ id: biren.userId }] };
  const { id: groupId } = await aGroup(admin, people);
  const [typist, reader] = await Promise.all([asha.connect(), biren.connect()]);
  return {
    asha,
    biren,
    chatId,
    typist,
    reader,
    /** Sends a message each way; every earlier event arrives before it. */
    exchange: async () => {
      for (const [from, to] of [
        [typist, reader],
        [reader, typist],
      ] as const) {
        const content = randomUUID();
        await from.ask('send_message', { chatId: groupId, clientMessageId: content, content });
        await to.next('message_received', ({ message }) => message.content === content);
      }
    },
  };
};

describe('typing in a direct chat', () => {
  test('typing reaches the peer on another node, whether they view the chat or not', async () => {
    const { asha, chatId, typist, reader } = await connected();

    const ack = await typist.ask('typing_start', { chatId, kind: 'voice' });

    expect(ack).toEqual({ ok: true, data: { expiresInMs: 6_000 } });
    expect(await reader.next('typing_start')).toEqual({
      chatId,
      userId: asha.userId,
      kind: 'voice',
      expiresInMs: 6_000,
    });
    await typist.ask('typing_stop', { chatId });
    expect(await reader.next('typing_stop')).toMatchObject({ chatId, userId: asha.userId });
    expect(typist.seen('typing_start')).toEqual([]);
  });

  test('typing ends when its stop follows in the same instant', async () => {
    const { asha, biren, chatId } = await twoFriends();
    const typist = await asha.connect();

    await Promise.all([
      typist.ask('typing_start', { chatId }),
      typist.ask('typing_stop', { chatId }),
    ]);

    const reader = await biren.connect();
    expect(await reader.ask('join_chat', { chatId })).toMatchObject({ data: { typing: [] } });
  });

  test('typing is shown to a peer who opens the chat later', async () => {
    const { asha, chatId, typist, reader } = await connected();
    await typist.ask('typing_start', { chatId });

    const ack = await reader.ask('join_chat', { chatId });

    expect(ack).toMatchObject({ data: { typing: [{ userId: asha.userId, kind: 'text' }] } });
    expect(await typist.ask('join_chat', { chatId })).toMatchObject({ data: { typing: [] } });
  });

  test('typing ends when the message is sent, over a socket or REST', async () => {
    const { biren, asha, chatId, typist, reader } = await connected();
    const message = () => ({ chatId, clientMessageId: randomUUID(), content: 'there' });

    await typist.ask('typing_start', { chatId });
    await typist.ask('send_message', message());
    await reader.next('typing_stop');
    await typist.ask('typing_start', { chatId });
    await second.as({ id: asha.userId }).call(chatRest.sendMessage, message());
    await reader.next('typing_stop');

    const ack = await reader.ask('join_chat', { chatId });
    expect(ack).toMatchObject({ data: { typing: [] } });
    expect(biren.userId).not.toBe(asha.userId);
  });

  test('typing ends when the typist disconnects', async () => {
    const { chatId, typist, reader } = await connected();
    await typist.ask('typing_start', { chatId });

    typist.close();

    expect(await reader.next('typing_stop')).toMatchObject({ chatId });
  });

  test('typing ends by itself', async () => {
    const node = await chat.startNode({ TYPING_MS: '150' });
    const { asha, chatId, reader } = await connected();
    const typist = await node.as({ id: asha.userId }).connect();

    const ack = await typist.ask('typing_start', { chatId });

    expect(ack).toEqual({ ok: true, data: { expiresInMs: 150 } });
    await reader.next('typing_stop');
    expect(reader.seen('typing_start')).toHaveLength(1);
  });

  test('typing never crosses a block, in either direction', async () => {
    const { asha, biren, chatId, typist, reader, exchange } = await connected();
    await aBlock(admin, { id: biren.userId }, { id: asha.userId });

    for (const phone of [typist, reader])
      expect(await phone.ask('typing_start', { chatId })).toMatchObject({ ok: true });

    await exchange();
    for (const phone of [typist, reader]) expect(phone.seen('typing_start')).toEqual([]);
    expect(await reader.ask('join_chat', { chatId })).toMatchObject({ data: { typing: [] } });
  });

  test('typing and its end are not emitted after a block', async () => {
    const { asha, biren, chatId, typist, reader, exchange } = await connected();
    await Promise.all([typist, reader].map((phone) => phone.ask('typing_start', { chatId })));
    await Promise.all([typist, reader].map((phone) => phone.next('typing_start')));

    await aBlock(admin, { id: biren.userId }, { id: asha.userId });
    for (const phone of [typist, reader]) {
      await phone.ask('typing_start', { chatId, kind: 'voice' });
      await phone.ask('typing_stop', { chatId });
    }

    await exchange();
    for (const phone of [typist, reader]) {
      expect(phone.seen('typing_start')).toHaveLength(1);
      expect(phone.seen('typing_stop')).toEqual([]);
    }
  });

  test('typing by an outsider is refused as if the chat did not exist', async () => {
    const { chatId, reader, exchange } = await connected();
    const stranger = await connected();

    const ack = await stranger.typist.ask('typing_start', { chatId });

    expect(ack).toMatchObject({ ok: false, error: { code: 'chat_not_found' } });
    await exchange();
    expect(reader.seen('typing_start')).toEqual([]);
  });
});

test('typing in a group reaches only members who view it, and never crosses a block', async () => {
  const [owner, viewing, absent, blocker] = await Promise.all([
    aUser(admin),
    aUser(admin),
    aUser(admin),
    aUser(admin),
  ]);
  const { id: chatId } = await aGroup(admin, { owner, members: [viewing, absent, blocker] });
  await aBlock(admin, blocker, owner);
  const typist = await first.as(owner).connect();
  const [viewersPhone, absentPhone, blockersPhone] = await Promise.all(
    [viewing, absent, blocker].map((user) => second.as(user).connect()),
  );
  await viewersPhone!.ask('join_chat', { chatId });
  await blockersPhone!.ask('join_chat', { chatId });

  await typist.ask('typing_start', { chatId });
  await typist.ask('typing_stop', { chatId });

  expect(await viewersPhone!.next('typing_start')).toMatchObject({ userId: owner.id });
  await viewersPhone!.next('typing_stop');
  for (const phone of [absentPhone!, blockersPhone!]) {
    await phone.ask('leave_chat', { chatId });
    expect(phone.seen('typing_start')).toEqual([]);
  }
});
