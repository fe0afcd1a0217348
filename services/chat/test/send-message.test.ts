import { describe, expect, test } from '@jest/globals';
import { type Message, chatRest } from '@taar/contracts';
import { aBlock } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { aGroupWithRoles, removeSilently } from './groups.ts';
import { sendText, text } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);

describe('POST /chats/:chatId/messages', () => {
  test('a message reaches the other member on another node and stays in the history', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const phone = await biren.connect();
    const delivered = phone.next('message_received');

    const sent = await asha.call(chatRest.sendMessage, text(chatId, 'Kemon aso?'));

    expect(sent).toMatchObject({
      status: 201,
      body: { content: 'Kemon aso?', seq: 1, changeSeq: 1 },
    });
    const { my: _, clientMessageId: __, replyTo: ___, ...seen } = sent.body;
    expect(await delivered).toEqual({
      message: seen,
      chat: { id: chatId, lastSeq: 1, changeSeq: 1 },
    });
    const history = await biren.call(chatRest.listMessages, { chatId });
    expect(history.body.items).toMatchObject([{ id: sent.body.id, seq: 1 }]);
    expect(history.body.coverage).toEqual({ fromSeq: 1, toSeq: 1 });
    const chats = await biren.call(chatRest.listChats, {});
    expect(chats.body.items).toMatchObject([
      { id: chatId, my: { unreadCount: 1 }, lastMessage: { content: 'Kemon aso?' } },
    ]);
  });

  test('twenty sends with one clientMessageId are one message with one answer', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const message = text(chatId, 'once');

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => asha.call(chatRest.sendMessage, message)),
    );

    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const { body } = await asha.call(chatRest.listMessages, { chatId });
    expect(body.items).toHaveLength(1);
  });

  test('one clientMessageId with another content is a conflict', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const message = text(chatId, 'one');
    await asha.call(chatRest.sendMessage, message);

    const other = await asha.call(chatRest.sendMessage, { ...message, content: 'two' });

    expect(other.status).toBe(409);
  });
});

test('a send that waits for a membership change is stored under the new membership', async () => {
  const { asha, biren, chatId } = await chat.twoFriends();
  const phone = await biren.connect();
  const sending = await chat.admin.$transaction(async (tx) => {
    await tx.chat.update({ where: { id: chatId }, data: { memberEpoch: { increment: 1 } } });
    const sending = asha.call(chatRest.sendMessage, text(chatId, 'still here'));
    let waiting: unknown[] = [];
    while (waiting.length === 0)
      waiting = await chat.admin.$queryRaw`
        SELECT 1
        FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    return [sending];
  });

  expect((await sending[0]!).status).toBe(201);
  expect((await phone.next('message_received')).message).toMatchObject({ seq: 1, changeSeq: 1 });
});

describe('send_message', () => {
  test('a message is acknowledged once stored, and reaches every socket but its own', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const [ashasPhone, birensPhone] = await Promise.all([asha.connect(), biren.connect()]);

    const ack = await ashasPhone.ask('send_message', text(chatId, 'hello'));

    expect(ack).toMatchObject({ ok: true, data: { replayed: false, message: { seq: 1 } } });
    const { message } = await birensPhone.next('message_received');
    expect(message.content).toBe('hello');
    expect(ashasPhone.seen('message_received')).toEqual([]);
  });

  test('fifty messages sent without waiting arrive in order', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const [ashasPhone, birensPhone] = await Promise.all([asha.connect(), biren.connect()]);

    await Promise.all(
      Array.from({ length: 50 }, (_, i) => ashasPhone.ask('send_message', text(chatId, String(i)))),
    );

    await birensPhone.next('message_received', ({ message }) => message.seq === 50);
    const seqs = birensPhone
      .seen('message_received')
      .map(({ message }: { message: Message }) => message.seq);
    expect(seqs).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  test('a socket gets the same errors as a REST caller', async () => {
    const { chatId } = await chat.twoFriends();
    const { asha: stranger } = await chat.twoFriends();
    const phone = await stranger.connect();

    const ack = await phone.ask('send_message', text(chatId, 'let me in'));

    expect(ack).toMatchObject({ ok: false, error: { code: 'chat_not_found', status: 404 } });
  });
});

describe('the right to send', () => {
  test('active members can send, and only admins where the group says so', async () => {
    const { owner, admin, member, stranger, chatId } = await aGroupWithRoles(chat, {
      whoCanSend: 'admins',
    });
    const codeOf = async (person: Person) =>
      (await person.call(chatRest.sendMessage, text(chatId, 'x'))).body;
    expect(await codeOf(admin)).toMatchObject({ seq: 1 });
    expect(await codeOf(member)).toMatchObject({ code: 'forbidden_role' });
    expect(await codeOf(stranger)).toMatchObject({ code: 'chat_not_found' });
    await removeSilently(chat, chatId, admin.userId);
    expect(await codeOf(admin)).toMatchObject({ code: 'not_a_member' });
    await chat.admin.chat.update({ where: { id: chatId }, data: { closedAt: new Date() } });
    expect(await codeOf(owner)).toMatchObject({ code: 'not_a_member' });
  });

  test('a blocker cannot send, and messages of the blocked user are withheld', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const phone = await asha.connect();
    await sendText(biren, chatId, 'before');
    const before = await asha.call(chatRest.listChats, {});
    await aBlock(chat.admin, { id: asha.userId }, { id: biren.userId });

    expect((await asha.call(chatRest.sendMessage, text(chatId, 'x'))).body).toMatchObject({
      code: 'forbidden',
    });
    const withheld = await sendText(biren, chatId, 'hello?');
    expect(withheld).toMatchObject({ seq: 2, changeSeq: 2 });
    await chat.admin.block.deleteMany({ where: { blockerId: asha.userId } });
    await sendText(biren, chatId, 'after');

    const { body } = await asha.call(chatRest.listMessages, { chatId });
    expect(body.items.map(({ content }) => content)).toEqual(['before', 'after']);
    expect(body.coverage).toEqual({ fromSeq: 1, toSeq: 3 });
    await phone.next('message_received', ({ message }) => message.seq === 3);
    expect(phone.seen('message_received').map(({ message }) => message.seq)).toEqual([1, 3]);
    const { items } = (await asha.call(chatRest.listChats, {})).body;
    expect(items[0]).toMatchObject({ my: { unreadCount: 2 }, lastMessage: { content: 'after' } });
    expect(before.body.items[0]!.lastMessage!.content).toBe('before');
  });
});
