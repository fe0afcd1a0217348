import { generateKeyPairSync, randomUUID } from 'node:crypto';
import {
  aBlock,
  aContact,
  aDirectChat,
  aGroup,
  aMedia,
  aMessage,
  aStatus,
  aUser,
} from '@taar/testing/factories';
import { describe, expect, test } from '@jest/globals';
import { config } from '../src/config.ts';
import { startMedia } from './start.ts';
import { fetchFrom, get } from './upload.ts';

const service = await startMedia();
const { admin, bucket, startNode } = service;
type User = Awaited<ReturnType<typeof aUser>>;

/** A media that is ready and has its file in the bucket. */
const stored = async (owner: { id: string }, fields: Parameters<typeof aMedia>[2] = {}) => {
  const media = await aMedia(admin, owner, { bucketKey: `m/${randomUUID()}`, ...fields });
  await bucket.put(media.bucketKey, Buffer.from('bytes'));
  return media;
};
const statusFor = async (viewer: User, { id }: { id: string }) =>
  (await get(service.as(viewer), `/media/${id}`)).status;
const people = (count: number) => Promise.all(Array.from({ length: count }, () => aUser(admin)));
const hourFromNow = () => new Date(Date.now() + 3_600_000);

describe('the media of a message', () => {
  test('is visible to its sender and the members of the chat alone', async () => {
    const [asha, biren, chaya] = (await people(3)) as [User, User, User];
    const media = await stored(asha);
    expect(await statusFor(biren, media)).toBe(404);
    const chat = await aDirectChat(admin, asha, biren);
    await aMessage(admin, chat, asha, { mediaId: media.id, messageType: 'image' });
    expect([await statusFor(asha, media), await statusFor(biren, media)]).toEqual([302, 302]);
    expect(await statusFor(chaya, media)).toBe(404);
  });

  test('is visible to former members until they left and to new ones since they joined', async () => {
    const [asha, biren, chaya] = (await people(3)) as [User, User, User];
    const [early, late] = [await stored(asha), await stored(asha)];
    const chat = await aGroup(admin, { owner: asha, members: [biren] });
    await aMessage(admin, chat, asha, { mediaId: early.id });
    const leave = { leftAt: new Date(), leftSeq: 1n };
    const key = { chatId_userId: { chatId: chat.id, userId: biren.id } };
    await admin.chatMember.update({ where: key, data: leave });
    await admin.chatMember.create({ data: { chatId: chat.id, userId: chaya.id, joinedSeq: 2n } });
    await aMessage(admin, chat, asha, { mediaId: late.id });
    expect([await statusFor(biren, early), await statusFor(biren, late)]).toEqual([302, 404]);
    expect([await statusFor(chaya, early), await statusFor(chaya, late)]).toEqual([404, 302]);
  });

  test.each([
    ['was deleted', { deletedAt: new Date() }],
    ['has expired', { expiresAt: new Date(Date.now() - 1_000) }],
    ['was sent while a block stood between them', 'visibleTo'],
  ])('is hidden from other members when the message %s', async (_what, change) => {
    const [asha, biren] = (await people(2)) as [User, User];
    const media = await stored(asha);
    const chat = await aDirectChat(admin, asha, biren);
    const fields = typeof change === 'string' ? { visibleTo: asha.id } : change;
    await aMessage(admin, chat, asha, { mediaId: media.id, ...fields });
    expect([await statusFor(asha, media), await statusFor(biren, media)]).toEqual([302, 404]);
  });

  test('is hidden from members who hid the message or cleared the chat', async () => {
    const [asha, biren, chaya] = (await people(3)) as [User, User, User];
    const media = await stored(asha);
    const chat = await aGroup(admin, { owner: asha, members: [biren, chaya] });
    const { id: messageId, seq } = await aMessage(admin, chat, asha, { mediaId: media.id });
    const hidden = { userId: biren.id, messageId, chatId: chat.id, seq, userVer: 1n };
    await admin.messageHidden.create({ data: hidden });
    await admin.chatMember.updateMany({
      where: { chatId: chat.id, userId: chaya.id },
      data: { clearedBeforeSeq: seq },
    });
    expect([await statusFor(biren, media), await statusFor(chaya, media)]).toEqual([404, 404]);
  });
});

test('the media of a status is visible to its audience until the status expires', async () => {
  const [asha, biren, chaya] = (await people(3)) as [User, User, User];
  const media = await stored(asha);
  const status = await aStatus(admin, asha, { type: 'image', text: null, mediaId: media.id });
  const row = { statusId: status.id, ownerId: asha.id, expiresAt: hourFromNow() };
  await admin.statusAudience.create({ data: { ...row, viewerId: biren.id } });
  expect([await statusFor(biren, media), await statusFor(chaya, media)]).toEqual([302, 404]);
  await aBlock(admin, asha, biren);
  expect(await statusFor(biren, media)).toBe(404);
  await admin.block.deleteMany({ where: { blockerId: asha.id } });
  await admin.status.update({ where: { id: status.id }, data: { expiresAt: new Date() } });
  expect(await statusFor(biren, media)).toBe(404);
});

test('a profile picture is visible to the audience that its user chose', async () => {
  const [asha, biren, chaya] = (await people(3)) as [User, User, User];
  const media = await stored(asha);
  await admin.user.update({ where: { id: asha.id }, data: { avatarUrl: `/media/${media.id}` } });
  expect(await statusFor(chaya, media)).toBe(302);
  await admin.userSettings.create({ data: { userId: asha.id, avatarAudience: 'contacts' } });
  await aContact(admin, asha, biren);
  expect([await statusFor(biren, media), await statusFor(chaya, media)]).toEqual([302, 404]);
  await aBlock(admin, biren, asha);
  expect(await statusFor(biren, media)).toBe(404);
});

test('members see the group picture, former members the one from when they left', async () => {
  const [asha, biren, chaya] = (await people(3)) as [User, User, User];
  const [before, after] = [await stored(asha), await stored(asha)];
  const avatarUrl = `/media/${after.id}`;
  const chat = await aGroup(admin, { owner: asha, members: [biren, chaya] }, { avatarUrl });
  await admin.chatMember.updateMany({
    where: { chatId: chat.id, userId: chaya.id },
    data: { leftAt: new Date(), leftSeq: 0n, leftView: { avatarUrl: `/media/${before.id}` } },
  });
  const [stranger] = (await people(1)) as [User];
  expect([await statusFor(biren, after), await statusFor(biren, before)]).toEqual([302, 404]);
  expect([await statusFor(chaya, after), await statusFor(chaya, before)]).toEqual([404, 302]);
  expect(await statusFor(stranger, after)).toBe(404);
});

describe('GET /media/:mediaId', () => {
  test('redirects to a URL that lasts five minutes and must not be cached', async () => {
    const asha = await aUser(admin);
    const media = await stored(asha);
    const { status, headers } = await get(service.as(asha), `/media/${media.id}`);
    expect(status).toBe(302);
    expect(headers).toMatchObject({
      'cache-control': 'private, no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    const url = new URL(headers['location']!);
    expect(Number(url.searchParams.get('X-Amz-Expires'))).toBeLessThanOrEqual(300);
    expect((await fetchFrom(url.href)).file.toString()).toBe('bytes');
  });

  test('signs a URL that opens nothing else when it is altered', async () => {
    const asha = await aUser(admin);
    const [media, other] = [await stored(asha), await stored(asha)];
    const { headers } = await get(service.as(asha), `/media/${media.id}`);
    const url = headers['location']!;
    for (const wrong of [
      url.replace(media.bucketKey, other.bucketKey),
      url.replace('X-Amz-Expires=', 'X-Amz-Expires=9'),
      url.split('?')[0]!,
    ])
      expect((await fetchFrom(wrong)).status).toBe(403);
    expect((await fetchFrom(url, { method: 'DELETE' })).status).toBe(403);
  });

  test('describes the media as JSON on request, and answers HEAD', async () => {
    const asha = service.as(await aUser(admin));
    const media = await stored({ id: asha.userId });
    const path = `/media/${media.id}`;
    const described = await get(asha, path, { Accept: 'application/json' });
    expect(described).toMatchObject({ status: 200, body: { media: { id: media.id } } });
    expect((await fetchFrom(described.body.url)).status).toBe(200);
    const head = await fetch(`${service.url}${path}`, {
      method: 'HEAD',
      headers: { Authorization: `Bearer ${await asha.token()}` },
    });
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe('5');
  });

  test('serves one range of bytes and rejects a list of ranges', async () => {
    const asha = service.as(await aUser(admin));
    const path = `/media/${(await stored({ id: asha.userId })).id}`;
    const last = await get(asha, path, { Range: 'bytes=-1' });
    const part = await fetchFrom(last.headers['location']!, { headers: { Range: 'bytes=-1' } });
    expect({ status: part.status, text: part.file.toString() }).toEqual({ status: 206, text: 's' });
    const many = `bytes=${Array.from({ length: 1_000 }, () => '0-').join(',')}`;
    const refused = await get(asha, path, { Range: many });
    expect(refused).toMatchObject({ status: 416, body: { code: 'range_not_satisfiable' } });
  });

  test.each([
    ['pending', 409, 'media_not_ready'],
    ['processing', 409, 'media_not_ready'],
    ['failed', 410, 'gone'],
    ['deleted', 410, 'gone'],
  ])('answers with the state of a media that is %s', async (state, status, code) => {
    const asha = await aUser(admin);
    const deletedAt = state === 'deleted' ? new Date() : null;
    const media = await stored(asha, { state, deletedAt });
    const answer = await get(service.as(asha), `/media/${media.id}`);
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.headers['retry-after']).toBe(status === 409 ? '1' : undefined);
  });

  test('rejects a variant that does not exist', async () => {
    const asha = service.as(await aUser(admin));
    const path = `/media/${(await stored({ id: asha.userId })).id}`;
    expect((await get(asha, `${path}?variant=thumb`)).status).toBe(404);
    expect((await get(asha, `${path}?variant=huge`)).status).toBe(400);
  });
});

describe('where CloudFront is set up', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const cdn = {
    CDN_URL: 'https://media.example',
    CDN_KEY_PAIR_ID: 'K1',
    CDN_PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };

  test('a media redirects to a URL that CloudFront accepts', async () => {
    const node = await startNode(cdn);
    const asha = await aUser(admin);
    const media = await stored(asha);
    const { headers } = await get(node.as(asha), `/media/${media.id}`);
    const url = new URL(headers['location']!);
    expect(`${url.origin}${url.pathname}`).toBe(`https://media.example/${media.bucketKey}`);
    expect(url.searchParams.get('Key-Pair-Id')).toBe('K1');
    expect(Number(url.searchParams.get('Expires')) * 1_000 - Date.now()).toBeLessThan(301_000);
    expect(url.searchParams.get('Signature')).toMatch(/.{300,}/);
  });

  test('the service does not start with only some of its settings', () => {
    const env = {
      DATABASE_URL: 'postgres://x',
      REDIS_URL: 'redis://x',
      JWKS_URL: 'http://x',
    };
    expect(() => config({ ...env, CDN_URL: cdn.CDN_URL })).toThrow('Set all of');
  });
});
