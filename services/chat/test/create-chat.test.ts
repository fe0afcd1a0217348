import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { atEnd } from '@taar/testing/at-end';
import { aBlock, aContact, aMedia, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { Redis } from 'ioredis';
import { people } from './groups.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);
const two = async () => (await people(chat, 2)) as [Person, Person];
const elsewhere = ({ userId }: Person) => chat.nodes[1]!.as({ id: userId });

const open = (who: Person, ...memberIds: string[]) =>
  who.call(chatRest.createChat, { isGroup: false, memberIds });
const group = (who: Person, fields: object) =>
  who.call(chatRest.createChat, { isGroup: true, name: 'Adda', memberIds: [], ...fields });
const chatsOf = async (who: Person) =>
  (await who.call(chatRest.listChats, {})).body.items.map(({ id }) => id);

describe('POST /chats for two', () => {
  test('T-M2 H37 opened by both sides a hundred times at once, is one chat', async () => {
    const [asha, biren] = await two();
    const other = elsewhere(biren);

    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        i % 2 ? open(asha, biren.userId) : open(other, asha.userId),
      ),
    );

    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(99);
    expect(await chat.admin.chatMember.count({ where: { chatId: answers[0]!.body.id } })).toBe(2);
  });

  test('is told to the other side and to my other devices, and shows the peer', async () => {
    const [asha, biren] = await two();
    const [tablet, phone] = await Promise.all([elsewhere(asha).connect(), biren.connect()]);

    const { body } = await open(asha, biren.userId);

    expect(body).toMatchObject({ isGroup: false, memberCount: 2, peer: { id: biren.userId } });
    expect(body).not.toHaveProperty('invited');
    expect(await phone.next('chat_added')).toEqual({ chatId: body.id });
    expect(await tablet.next('chat_added')).toEqual({ chatId: body.id });
  });

  test('reaches at most twenty people in ten hours who do not know me', async () => {
    const strict = await chat.startNode({ RATE_LIMIT_FACTOR: '1' });
    const asha = await aUser(chat.admin);
    const [friend, ...strangers] = await Promise.all(
      Array.from({ length: 22 }, () => aUser(chat.admin)),
    );
    await aContact(chat.admin, friend!, asha);
    const here = strict.as(asha);
    const redis = new Redis(chat.redis.url);
    atEnd(() => redis.quit());
    const oneByOne = async (ids: string[]) => {
      const codes: unknown[] = [];
      for (const id of ids) {
        // oxlint-disable-next-line no-await-in-loop -- the budget is spent in order
        const { status, body } = await open(here, id);
        codes.push('code' in body ? body.code : status);
      }
      // The narrower budget of all chats is another matter.
      await redis.del(`${chat.redis.prefix}:rl:createChat:${asha.id}`);
      return codes;
    };
    const ids = strangers.map(({ id }) => id);

    expect(await oneByOne(ids.slice(0, 20))).toEqual(Array(20).fill(201));
    expect(await oneByOne([ids[20]!, ids[0]!, friend!.id, asha.id])).toEqual([
      'rate_limited',
      200,
      201,
      201,
    ]);
    expect(await chatsOf(strict.as(strangers[20]!))).toEqual([]);
  });

  test('with oneself, is one place for notes', async () => {
    const [asha] = await two();

    const first = await open(asha, asha.userId);
    const second = await open(asha, asha.userId);

    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body.id).toBe(first.body.id);
    expect(first.body).toMatchObject({ memberCount: 1, peer: { id: asha.userId } });
  });

  test('takes an Idempotency-Key, which it does not need', async () => {
    const [asha, biren] = await two();
    const wanted = { isGroup: false, memberIds: [biren.userId], idempotencyKey: randomUUID() };

    const first = await asha.call(chatRest.createChat, wanted);
    const second = await asha.call(chatRest.createChat, wanted);

    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body.id).toBe(first.body.id);
  });

  test('comes back when asked for by whoever had deleted it', async () => {
    const [asha, biren] = await two();
    const { body } = await open(asha, biren.userId);
    await asha.call(chatRest.deleteChat, { chatId: body.id });
    expect(await chatsOf(asha)).toEqual([]);

    const again = await open(asha, biren.userId);

    expect(again.status).toBe(200);
    expect(await chatsOf(asha)).toEqual([body.id]);
  });

  test('with someone who blocked me looks as ever to me, and does not reach their list', async () => {
    const [asha, biren] = await two();
    await aBlock(chat.admin, { id: biren.userId }, { id: asha.userId });
    const phone = await biren.connect();

    const opened = await open(asha, biren.userId);

    expect(opened.status).toBe(201);
    expect(await chatsOf(asha)).toEqual([opened.body.id]);
    expect(await chatsOf(biren)).toEqual([]);
    expect(phone.seen('chat_added')).toEqual([]);
  });

  test('H36 refuses two peers, none, doubled, upper-case, unknown ones and what groups have', async () => {
    const [asha, biren] = await two();
    const nobody = randomUUID();
    const statuses = await Promise.all([
      open(asha, biren.userId, asha.userId),
      open(asha),
      open(asha, biren.userId, biren.userId),
      open(asha, biren.userId.toUpperCase()),
      asha.call(chatRest.createChat, { isGroup: false, memberIds: [biren.userId], name: 'x' }),
      asha.call(chatRest.createChat, {
        isGroup: false,
        memberIds: [biren.userId],
        settings: { whoCanSend: 'admins' },
      }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 400]);
    expect(await open(asha, nobody)).toMatchObject({
      status: 404,
      body: { code: 'user_not_found', userIds: [nobody] },
    });
  });
});

describe('POST /chats for a group', () => {
  test('is told to everyone and begins with the message that tells of it', async () => {
    const [asha, biren] = await two();
    const picture = await aMedia(chat.admin, { id: asha.userId }, { purpose: 'group_avatar' });
    const phone = await elsewhere(biren).connect();

    const made = await group(asha, {
      name: ' Adda\u202E ',
      description: 'Tea at five',
      memberIds: [biren.userId],
      avatarMediaId: picture.id,
      settings: { whoCanSend: 'admins' },
    });

    expect(made).toMatchObject({
      status: 201,
      body: {
        name: 'Adda',
        description: 'Tea at five',
        avatarUrl: `/media/${picture.id}`,
        memberCount: 2,
        lastSeq: 1,
        changeSeq: 1,
        invited: [],
        settings: { whoCanSend: 'admins', whoCanEditInfo: 'admins' },
        my: { role: 'owner', lastReadSeq: 1, unreadCount: 0 },
        lastMessage: {
          seq: 1,
          messageType: 'system',
          metadata: { event: 'group_created', actorId: asha.userId, userIds: [biren.userId] },
        },
      },
    });
    expect(await phone.next('chat_added')).toEqual({ chatId: made.body.id });
    const { message } = await phone.next('message_received');
    expect(message).toMatchObject({ chatId: made.body.id, seq: 1, changeSeq: 1 });
    const { body } = await biren.call(chatRest.getChat, { chatId: made.body.id });
    expect(body.my).toMatchObject({ role: 'member', joinedSeq: 1, unreadCount: 0 });
  });

  test('leaves out, and names, those who may not be added', async () => {
    const [asha, shy, blocker, glad] = (await people(chat, 4)) as [Person, Person, Person, Person];
    await chat.admin.userSettings.create({
      data: { userId: shy.userId, groupsAudience: 'contacts' },
    });
    await aBlock(chat.admin, { id: blocker.userId }, { id: asha.userId });

    const made = await group(asha, { memberIds: [shy, blocker, glad].map((p) => p.userId) });

    expect(made.body.memberCount).toBe(2);
    expect(made.body.invited!.toSorted()).toEqual([shy.userId, blocker.userId].toSorted());
    expect(await chatsOf(shy)).toEqual([]);
    expect((await shy.call(chatRest.getChat, { chatId: made.body.id })).status).toBe(404);
  });

  test('holds a thousand and twenty-four', async () => {
    const [asha] = await two();
    const rows = await chat.admin.user.createManyAndReturn({
      data: Array.from({ length: 1_023 }, (_, i) => ({
        firebaseUid: randomUUID(),
        phoneNumber: `+9177${String(i).padStart(8, '0')}`,
        name: `Guest ${i}`,
      })),
      select: { id: true },
    });
    const memberIds = rows.map(({ id }) => id);

    const made = await group(asha, { memberIds });
    const tooMany = await group(asha, { memberIds: [...memberIds, randomUUID()] });

    expect(made).toMatchObject({ status: 201, body: { memberCount: 1_024, lastSeq: 1 } });
    expect(tooMany.status).toBe(400);
  });

  test('with one Idempotency-Key, is made once even by requests at once', async () => {
    const [asha, biren] = await two();
    const wanted = { memberIds: [biren.userId], idempotencyKey: randomUUID() };

    const answers = await Promise.all(Array.from({ length: 10 }, () => group(asha, wanted)));
    const other = await group(asha, { ...wanted, name: 'Another' });

    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    expect(answers.filter((a) => a.headers['idempotent-replayed'] === 'true')).toHaveLength(9);
    expect(other).toMatchObject({ status: 409, body: { code: 'idempotency_conflict' } });
  });

  test('H36 with myself among the members, or myself alone, counts me once', async () => {
    const [asha, biren] = await two();

    const both = await group(asha, { memberIds: [asha.userId, biren.userId] });
    const alone = await group(asha, { memberIds: [asha.userId] });

    expect(both.body.memberCount).toBe(2);
    expect(alone.body.memberCount).toBe(1);
  });

  test("refuses unknown people, no name, and a picture that is not the caller's or not ready", async () => {
    const [asha, biren] = await two();
    const nobody = randomUUID();
    const mine = { id: asha.userId };
    const [theirs, pending] = await Promise.all([
      aMedia(chat.admin, { id: biren.userId }),
      aMedia(chat.admin, mine, { state: 'pending' }),
    ]);
    const memberIds = [biren.userId];

    const answers = await Promise.all([
      group(asha, { memberIds: [biren.userId, nobody] }),
      group(asha, { memberIds, name: '\u200B ' }),
      // Stored as three code points each.
      group(asha, { memberIds, name: '\u{1D160}'.repeat(100) }),
      group(asha, { memberIds, avatarMediaId: theirs.id }),
      group(asha, { memberIds, avatarMediaId: pending.id }),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([404, 400, 400, 404, 409]);
    expect(await chatsOf(asha)).toEqual([]);
  });
});
