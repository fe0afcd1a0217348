import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { statusRest } from '@taar/contracts';
import { aBlock, aContact, aMedia, aUser } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { removeOldStatuses } from '../src/remove-old-statuses.ts';
import { startStatus } from './start.ts';

const { admin, as, deps, befriend, twoFriends } = await startStatus();

const aText = (text = 'At the river') => ({
  type: 'text' as const,
  text,
  clientStatusId: randomUUID(),
});
const post = async (person: Person, body: object = {}) =>
  (await person.call(statusRest.createStatus, { ...aText(), ...body })).body;
const seenBy = async (person: Person) => {
  const { body } = await person.call(statusRest.listStatus, {});
  return body.items.flatMap(({ statuses }) => statuses.map(({ id }) => id));
};
const expire = (id: string, ago: string) => admin.$executeRaw`
  WITH expired AS (
    UPDATE statuses
    SET created_at = clock_timestamp() - interval '24 hours' - ${ago}::interval,
      expires_at = clock_timestamp() - ${ago}::interval
    WHERE id = ${id}::uuid
    RETURNING id, expires_at
  )
  UPDATE status_audience audience
  SET expires_at = expired.expires_at
  FROM expired
  WHERE audience.status_id = expired.id`;

describe('POST /status', () => {
  test('creates a status that contacts see for a day, and no one else', async () => {
    const { asha, biren } = await twoFriends();
    const stranger = as(await aUser(admin));
    const status = await post(asha);

    const { body } = await biren.call(statusRest.listStatus, {});

    expect(body.items).toMatchObject([
      { user: { id: asha.userId }, allViewed: false, statuses: [{ id: status.id, viewed: false }] },
    ]);
    expect(Date.parse(status.expiresAt) - Date.parse(status.createdAt)).toBe(86_400_000);
    expect(await seenBy(stranger)).toEqual([]);
    const mine = await asha.call(statusRest.listStatus, {});
    expect(mine.body.mine).toMatchObject([{ id: status.id, viewCount: 0 }]);
  });

  test('creates one status for a clientStatusId, and rejects another text with it', async () => {
    const { asha } = await twoFriends();
    const body = aText();

    const answers = await Promise.all(
      Array.from({ length: 8 }, () => asha.call(statusRest.createStatus, body)),
    );
    const other = await asha.call(statusRest.createStatus, { ...body, text: 'elsewhere' });

    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(other.status).toBe(409);
  });

  test('rejects the 101st live status', async () => {
    const { asha } = await twoFriends();
    await admin.$executeRaw`
      INSERT INTO statuses (user_id, client_status_id, type, text, audience_mode)
      SELECT ${asha.userId}::uuid, gen_random_uuid(), 'text', 'x', 'contacts'
      FROM generate_series(1, 100)`;

    expect((await asha.call(statusRest.createStatus, aText())).status).toBe(429);
  });

  test.each([
    ['a text without visible characters', { text: ' \u200B ' }],
    ['an image without media', { type: 'image' }],
    ['text with media', { mediaId: randomUUID() }],
    ['an audience without users', { audience: { mode: 'only', userIds: [] } }],
    ['an unknown field', { viewCount: 9 }],
  ])('rejects %s', async (_what, more) => {
    const { asha } = await twoFriends();
    expect(
      (await asha.call(statusRest.createStatus, { ...aText(), ...more } as never)).status,
    ).toBe(400);
  });

  test('accepts only media of the caller that is ready and of the same type', async () => {
    const { asha, biren } = await twoFriends();
    const owner = { id: asha.userId };
    const [ready, pending, theirs] = await Promise.all([
      aMedia(admin, owner),
      aMedia(admin, owner, { state: 'processing' }),
      aMedia(admin, { id: biren.userId }),
    ]);
    const image = (mediaId: string, type: 'image' | 'video' = 'image') =>
      asha.call(statusRest.createStatus, { type, mediaId, clientStatusId: randomUUID() });

    const answers = await Promise.all([
      image(ready.id),
      image(pending.id),
      image(theirs.id),
      image(ready.id, 'video'),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([201, 409, 404, 415]);
    expect(answers[0]?.body.media).toMatchObject({ id: ready.id, state: 'ready' });
  });
});

describe('the audience of a status', () => {
  test('is resolved when it is created: later contacts do not see it', async () => {
    const { asha } = await twoFriends();
    const late = await aUser(admin);
    const status = await post(asha);
    await befriend({ id: asha.userId }, late);

    expect(await seenBy(as(late))).not.toContain(status.id);
    expect(await seenBy(as(late))).toEqual([]);
  });

  test.each([
    ['contacts', [], true, true],
    ['contacts_except', ['chandra'], true, false],
    ['only', ['chandra'], false, true],
  ] as const)(
    'with the mode %s and the users %j holds the contacts of this mode',
    async (mode, named, birenSees, chandraSees) => {
      const { asha, biren } = await twoFriends();
      const chandra = await aUser(admin);
      await befriend({ id: asha.userId }, chandra);
      const userIds = named.map(() => chandra.id);

      const status = await post(asha, { audience: { mode, userIds } });

      expect((await seenBy(biren)).includes(status.id)).toBe(birenSees);
      expect((await seenBy(as(chandra))).includes(status.id)).toBe(chandraSees);
    },
  );

  test('excludes one-sided contacts, and users with a block either way', async () => {
    const { asha, biren } = await twoFriends();
    const [oneSided, blocked, blocking] = await Promise.all([1, 2, 3].map(() => aUser(admin)));
    await aContact(admin, { id: asha.userId }, oneSided!);
    await Promise.all([blocked!, blocking!].map((user) => befriend({ id: asha.userId }, user)));
    const status = await post(asha);
    await aBlock(admin, { id: asha.userId }, blocked!);
    await aBlock(admin, blocking!, { id: asha.userId });

    for (const user of [oneSided!, blocked!, blocking!]) {
      expect(await seenBy(as(user))).toEqual([]);
      const view = await as(user).call(statusRest.viewStatus, { statusId: status.id });
      expect(view.status).toBe(404);
    }
    expect(await seenBy(biren)).toEqual([status.id]);
  });
});

describe('expiry', () => {
  test('a status is invisible from the moment it expires, before it is removed', async () => {
    const { asha, biren } = await twoFriends();
    const status = await post(asha);
    await expire(status.id, '1 millisecond');

    expect(await seenBy(biren)).toEqual([]);
    expect((await biren.call(statusRest.viewStatus, { statusId: status.id })).status).toBe(404);
    expect((await asha.call(statusRest.listStatus, {})).body.mine).toEqual([]);
  });

  test('two concurrent removals delete old statuses and keep live ones', async () => {
    const { asha } = await twoFriends();
    const [old, live] = [await post(asha), await post(asha)];
    await expire(old.id, '2 hours');

    await Promise.all([removeOldStatuses(deps), removeOldStatuses(deps)]);

    const left = await admin.status.findMany({ where: { userId: asha.userId } });
    expect(left.map(({ id }) => id)).toEqual([live.id]);
  });
});

describe('views', () => {
  test('count once for each viewer and are listed for the owner alone', async () => {
    const { asha, biren } = await twoFriends();
    const { id: statusId } = await post(asha);
    await biren.call(statusRest.viewStatus, { statusId });
    await biren.call(statusRest.viewStatus, { statusId });

    const views = await asha.call(statusRest.listStatusViews, { statusId });
    expect(views.body.items).toMatchObject([{ user: { id: biren.userId } }]);
    expect((await asha.call(statusRest.listStatus, {})).body.mine).toMatchObject([
      { viewCount: 1 },
    ]);
    expect((await biren.call(statusRest.listStatusViews, { statusId })).status).toBe(404);
    const { body } = await biren.call(statusRest.listStatus, {});
    expect(body.items).toMatchObject([{ allViewed: true, statuses: [{ viewed: true }] }]);
  });

  test.each(['owner', 'viewer'])('are not shown when the %s has read receipts off', async (who) => {
    const { asha, biren } = await twoFriends();
    const userId = who === 'owner' ? asha.userId : biren.userId;
    await admin.userSettings.create({ data: { userId, readReceipts: false } });
    const { id: statusId } = await post(asha);

    await biren.call(statusRest.viewStatus, { statusId });

    expect((await asha.call(statusRest.listStatusViews, { statusId })).body.items).toEqual([]);
    expect((await asha.call(statusRest.listStatus, {})).body.mine).toMatchObject([
      { viewCount: 0 },
    ]);
    const { body } = await biren.call(statusRest.listStatus, {});
    expect(body.items).toMatchObject([{ allViewed: true }]);
  });
});

describe('GET /status', () => {
  test('lists new statuses first and muted owners last, in pages without repetition', async () => {
    const reader = await aUser(admin);
    const friends = await Promise.all(Array.from({ length: 5 }, () => aUser(admin)));
    await Promise.all(friends.map((friend) => befriend(reader, friend)));
    const people = friends.map((friend) => as(friend));
    const statuses = [];
    for (const person of people) statuses.push(await post(person));
    const me = as(reader);
    await me.call(statusRest.viewStatus, { statusId: statuses[4]!.id });
    await me.call(statusRest.muteStatuses, { userId: friends[3]!.id });

    const pages = [];
    let cursor: string | undefined;
    do {
      const { body } = await me.call(statusRest.listStatus, {
        limit: 2,
        ...(cursor && { cursor }),
      });
      pages.push(...body.items.map(({ user }) => user.id));
      cursor = body.nextCursor ?? undefined;
    } while (cursor);

    expect(pages).toEqual([2, 1, 0, 4, 3].map((i) => friends[i]!.id));
  });
});

describe('DELETE /status/:statusId', () => {
  test('removes the status for everyone, and is open to its owner alone', async () => {
    const { asha, biren } = await twoFriends();
    const { id: statusId } = await post(asha);

    expect((await biren.call(statusRest.deleteStatus, { statusId })).status).toBe(404);
    expect((await asha.call(statusRest.deleteStatus, { statusId })).status).toBe(204);
    expect((await asha.call(statusRest.deleteStatus, { statusId })).status).toBe(204);
    expect(await seenBy(biren)).toEqual([]);
  });
});
