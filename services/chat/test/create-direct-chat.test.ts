import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { atEnd } from '@taar/testing/at-end';
import { aBlock, aContact, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { Redis } from 'ioredis';
import { newPeople } from './groups.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);
const twoPeople = async () => (await newPeople(chat, 2)) as [Person, Person];
const elsewhere = ({ userId }: Person) => chat.nodes[1]!.as({ id: userId });

const openDirect = (person: Person, ...memberIds: string[]) =>
  person.call(chatRest.createChat, { isGroup: false, memberIds });

/** As a client does it: a busy machine answers some of a hundred requests at once with 503. */
const openDirectUntilServed = async (person: Person, memberId: string) => {
  for (;;) {
    const answer = await openDirect(person, memberId);
    if (answer.status !== 503) return answer;
  }
};

const chatsOf = async (person: Person) =>
  (await person.call(chatRest.listChats, {})).body.items.map(({ id }) => id);

describe('POST /chats for a direct chat', () => {
  test('a direct chat that both sides open a hundred times at once is one chat', async () => {
    const [asha, biren] = await twoPeople();
    const birenElsewhere = elsewhere(biren);

    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        i % 2
          ? openDirectUntilServed(asha, biren.userId)
          : openDirectUntilServed(birenElsewhere, asha.userId),
      ),
    );

    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    // The answer to the request that created the chat can be a 503, too.
    expect(answers.filter(({ status }) => status === 201).length).toBeLessThanOrEqual(1);
    expect(answers.every(({ status }) => status === 200 || status === 201)).toBe(true);
    expect(await chat.admin.chatMember.count({ where: { chatId: answers[0]!.body.id } })).toBe(2);
  });

  test('a direct chat is announced to the peer and to the caller’s other devices', async () => {
    const [asha, biren] = await twoPeople();
    const [tablet, phone] = await Promise.all([elsewhere(asha).connect(), biren.connect()]);

    const { body } = await openDirect(asha, biren.userId);

    expect(body).toMatchObject({ isGroup: false, memberCount: 2, peer: { id: biren.userId } });
    expect(body).not.toHaveProperty('invited');
    expect(await phone.next('chat_added')).toEqual({ chatId: body.id });
    expect(await tablet.next('chat_added')).toEqual({ chatId: body.id });
  });

  test('a caller can open direct chats with up to twenty users who do not know them', async () => {
    const strict = await chat.startNode({ RATE_LIMIT_FACTOR: '1' });
    const asha = await aUser(chat.admin);
    const [friend, ...strangers] = await Promise.all(
      Array.from({ length: 22 }, () => aUser(chat.admin)),
    );
    await aContact(chat.admin, friend!, asha);
    const ashaThere = strict.as(asha);
    const redis = new Redis(chat.redis.url);
    atEnd(() => redis.quit());
    const openInTurn = async (ids: string[]) => {
      const codes: unknown[] = [];
      for (const id of ids) {
        // oxlint-disable-next-line no-await-in-loop -- the budget is spent in order
        const { status, body } = await openDirect(ashaThere, id);
        codes.push('code' in body ? body.code : status);
      }
      // Resets the limit of all createChat calls, which is narrower.
      await redis.del(`${chat.redis.prefix}:rl:createChat:${asha.id}`);
      return codes;
    };
    const ids = strangers.map(({ id }) => id);

    expect(await openInTurn(ids.slice(0, 20))).toEqual(Array(20).fill(201));
    expect(await openInTurn([ids[20]!, ids[0]!, friend!.id, asha.id])).toEqual([
      'rate_limited',
      200,
      201,
      201,
    ]);
    expect(await chatsOf(strict.as(strangers[20]!))).toEqual([]);
  });

  test('a direct chat with oneself exists once and has one member', async () => {
    const [asha] = await twoPeople();

    const first = await openDirect(asha, asha.userId);
    const second = await openDirect(asha, asha.userId);

    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body.id).toBe(first.body.id);
    expect(first.body).toMatchObject({ memberCount: 1, peer: { id: asha.userId } });
  });

  test('a direct chat accepts an Idempotency-Key and does not need it', async () => {
    const [asha, biren] = await twoPeople();
    const wanted = { isGroup: false, memberIds: [biren.userId], idempotencyKey: randomUUID() };

    const first = await asha.call(chatRest.createChat, wanted);
    const second = await asha.call(chatRest.createChat, wanted);

    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body.id).toBe(first.body.id);
  });

  test('a direct chat that the caller had deleted comes back when they open it again', async () => {
    const [asha, biren] = await twoPeople();
    const { body } = await openDirect(asha, biren.userId);
    await asha.call(chatRest.deleteChat, { chatId: body.id });
    expect(await chatsOf(asha)).toEqual([]);

    const again = await openDirect(asha, biren.userId);

    expect(again.status).toBe(200);
    expect(await chatsOf(asha)).toEqual([body.id]);
  });

  test('a caller whom the peer blocked sees a normal chat, and the peer sees none', async () => {
    const [asha, biren] = await twoPeople();
    await aBlock(chat.admin, { id: biren.userId }, { id: asha.userId });
    const phone = await biren.connect();

    const opened = await openDirect(asha, biren.userId);

    expect(opened.status).toBe(201);
    expect(await chatsOf(asha)).toEqual([opened.body.id]);
    expect(await chatsOf(biren)).toEqual([]);
    expect(phone.seen('chat_added')).toEqual([]);
  });

  test('no peer, two, repeated or unknown peers and fields of a group are refused', async () => {
    const [asha, biren] = await twoPeople();
    const unknownId = randomUUID();
    const statuses = await Promise.all([
      openDirect(asha, biren.userId, asha.userId),
      openDirect(asha),
      openDirect(asha, biren.userId, biren.userId),
      openDirect(asha, biren.userId.toUpperCase()),
      asha.call(chatRest.createChat, { isGroup: false, memberIds: [biren.userId], name: 'x' }),
      asha.call(chatRest.createChat, {
        isGroup: false,
        memberIds: [biren.userId],
        settings: { whoCanSend: 'admins' },
      }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 400]);
    expect(await openDirect(asha, unknownId)).toMatchObject({
      status: 404,
      body: { code: 'user_not_found', userIds: [unknownId] },
    });
  });
});
