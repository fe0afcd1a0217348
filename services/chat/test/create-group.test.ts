import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aBlock, aMedia } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { newPeople } from './groups.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);
const twoPeople = async () => (await newPeople(chat, 2)) as [Person, Person];
const elsewhere = ({ userId }: Person) => chat.nodes[1]!.as({ id: userId });

const createGroup = (person: Person, fields: object) =>
  person.call(chatRest.createChat, { isGroup: true, name: 'Adda', memberIds: [], ...fields });
const chatsOf = async (person: Person) =>
  (await person.call(chatRest.listChats, {})).body.items.map(({ id }) => id);

describe('POST /chats for a group', () => {
  test('a group is announced to its members and begins with a system message', async () => {
    const [asha, biren] = await twoPeople();
    const picture = await aMedia(chat.admin, { id: asha.userId }, { purpose: 'group_avatar' });
    const phone = await elsewhere(biren).connect();

    const made = await createGroup(asha, {
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

  test('users who may not be added are left out of the group and named in the answer', async () => {
    const [asha, closed, blocker, open] = (await newPeople(chat, 4)) as [
      Person,
      Person,
      Person,
      Person,
    ];
    await chat.admin.userSettings.create({
      data: { userId: closed.userId, groupsAudience: 'contacts' },
    });
    await aBlock(chat.admin, { id: blocker.userId }, { id: asha.userId });

    const made = await createGroup(asha, {
      memberIds: [closed, blocker, open].map(({ userId }) => userId),
    });

    expect(made.body.memberCount).toBe(2);
    expect(made.body.invited!.toSorted()).toEqual([closed.userId, blocker.userId].toSorted());
    expect(await chatsOf(closed)).toEqual([]);
    expect((await closed.call(chatRest.getChat, { chatId: made.body.id })).status).toBe(404);
  });

  test('a group has room for 1,024 members', async () => {
    const [asha] = await twoPeople();
    const rows = await chat.admin.user.createManyAndReturn({
      data: Array.from({ length: 1_023 }, (_, i) => ({
        firebaseUid: randomUUID(),
        phoneNumber: `+9177${String(i).padStart(8, '0')}`,
        name: `Guest ${i}`,
      })),
      select: { id: true },
    });
    const memberIds = rows.map(({ id }) => id);

    const made = await createGroup(asha, { memberIds });
    const tooMany = await createGroup(asha, { memberIds: [...memberIds, randomUUID()] });

    expect(made).toMatchObject({ status: 201, body: { memberCount: 1_024, lastSeq: 1 } });
    expect(tooMany.status).toBe(400);
  });

  test('concurrent requests with one Idempotency-Key create one group', async () => {
    const [asha, biren] = await twoPeople();
    const wanted = { memberIds: [biren.userId], idempotencyKey: randomUUID() };

    const answers = await Promise.all(Array.from({ length: 10 }, () => createGroup(asha, wanted)));
    const conflict = await createGroup(asha, { ...wanted, name: 'Another' });

    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true')).toHaveLength(
      9,
    );
    expect(conflict).toMatchObject({ status: 409, body: { code: 'idempotency_conflict' } });
  });

  test('the caller is one member, listed among the members or not', async () => {
    const [asha, biren] = await twoPeople();

    const listed = await createGroup(asha, { memberIds: [asha.userId, biren.userId] });
    const alone = await createGroup(asha, { memberIds: [asha.userId] });

    expect(listed.body.memberCount).toBe(2);
    expect(alone.body.memberCount).toBe(1);
  });

  test('unknown users, an empty name and foreign or unfinished media are refused', async () => {
    const [asha, biren] = await twoPeople();
    const unknownId = randomUUID();
    const mine = { id: asha.userId };
    const [foreign, pending] = await Promise.all([
      aMedia(chat.admin, { id: biren.userId }),
      aMedia(chat.admin, mine, { state: 'pending' }),
    ]);
    const memberIds = [biren.userId];

    const answers = await Promise.all([
      createGroup(asha, { memberIds: [biren.userId, unknownId] }),
      createGroup(asha, { memberIds, name: '\u200B ' }),
      // Stored as three code points each.
      createGroup(asha, { memberIds, name: '\u{1D160}'.repeat(100) }),
      createGroup(asha, { memberIds, avatarMediaId: foreign.id }),
      createGroup(asha, { memberIds, avatarMediaId: pending.id }),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([404, 400, 400, 404, 409]);
    expect(await chatsOf(asha)).toEqual([]);
  });
});
