import { randomUUID } from 'node:crypto';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from '@jest/globals';
import { userRest } from '@taar/contracts';
import {
  aBlock,
  aContact,
  aDirectChat,
  aMedia,
  aMessage,
  aSession,
  aStatus,
  aUser,
} from '@taar/testing/factories';
import { eventually, startUser } from './start.ts';

const { admin, as, settings } = await startUser();

const client = new S3Client({
  region: 'us-east-1',
  endpoint: settings.S3_ENDPOINT,
  forcePathStyle: true,
  credentials: {
    accessKeyId: settings.S3_ACCESS_KEY_ID,
    secretAccessKey: settings.S3_SECRET_ACCESS_KEY,
  },
});
const Bucket = settings.S3_BUCKET;

type User = Awaited<ReturnType<typeof aUser>>;
type Rows = Record<string, unknown>[];

const exportOf = async (user: User) => {
  const me = as(user);
  const asked = await me.call(userRest.createExport, {});
  expect(asked).toMatchObject({ status: 202, body: { state: 'pending', mediaUrl: null } });
  const ready = await eventually(async () => {
    const { body } = await me.call(userRest.getExport, { exportId: asked.body.id });
    return body.state === 'ready' && body;
  });
  const id = ready.mediaUrl!.replace('/media/', '');
  const media = await admin.media.findUniqueOrThrow({ where: { id } });
  const object = await client.send(new GetObjectCommand({ Bucket, Key: media.bucketKey }));
  const text = await object.Body!.transformToString();
  return { ready, media, text, tables: JSON.parse(text) as Record<string, Rows> };
};

test('an export contains the stored data of the user and nothing of other users', async () => {
  const [user, friend] = await Promise.all([aUser(admin), aUser(admin)]);
  await aContact(admin, user, friend, { name: 'My friend' });
  await aContact(admin, friend, user, { name: 'What she calls me' });
  await aBlock(admin, user, await aUser(admin));
  await aSession(admin, user, { model: 'Pixel 9' });
  const chat = await aDirectChat(admin, user, friend);
  await aMessage(admin, chat, user, { content: 'I said' });
  await aMessage(admin, chat, friend, { content: 'She said' });
  await aStatus(admin, user, { text: 'My status' });
  await aMedia(admin, user, { fileName: 'mine.jpg' });

  const { media, text, tables } = await exportOf(user);

  expect(tables['users']).toMatchObject([{ id: user.id, phoneNumber: user.phoneNumber }]);
  expect(tables['contacts']).toMatchObject([{ name: 'My friend', userId: friend.id }]);
  expect(tables['messages']).toMatchObject([{ content: 'I said', chatId: chat.id }]);
  expect(tables['statuses']).toMatchObject([{ text: 'My status' }]);
  expect(tables['media']).toMatchObject([{ fileName: 'mine.jpg' }]);
  expect(tables['blocks']).toHaveLength(1);
  expect(tables['chatMembers']).toHaveLength(1);
  expect(tables['sessions']!.map(({ model }) => model)).toContain('Pixel 9');
  for (const secret of ['She said', 'What she calls me', friend.phoneNumber, 'salt', 'pushToken'])
    expect(text).not.toContain(secret);
  expect(media).toMatchObject({ ownerId: user.id, purpose: 'export', state: 'ready' });
});

test('an export contains more rows than one page', async () => {
  const [user, friend] = await Promise.all([aUser(admin), aUser(admin)]);
  const chat = await aDirectChat(admin, user, friend);
  const count = 2_500;
  await admin.message.createMany({
    data: Array.from({ length: count }, (_, i) => ({
      chatId: chat.id,
      senderId: user.id,
      seq: BigInt(i + 1),
      changeSeq: BigInt(i + 1),
      content: `Message ${i}`,
    })),
  });
  const { tables } = await exportOf(user);
  expect(new Set(tables['messages']!.map(({ id }) => id)).size).toBe(count);
}, 60_000);

test('a repeated request returns the same export, which other users cannot see', async () => {
  const [user, other] = await Promise.all([aUser(admin), aUser(admin)]);
  const asked = await Promise.all([0, 1, 2].map(() => as(user).call(userRest.createExport, {})));
  const [id, ...more] = new Set(asked.map(({ body }) => body.id));
  expect(more).toEqual([]);
  for (const exportId of [id!, randomUUID()])
    expect(await as(other).call(userRest.getExport, { exportId })).toMatchObject({
      status: 404,
      body: { code: 'export_not_found' },
    });
});

test('an expired export answers 410 and releases its file', async () => {
  const user = await aUser(admin);
  const { ready } = await exportOf(user);
  await admin.dataExport.update({
    where: { id: ready.id },
    data: { expiresAt: new Date(Date.now() - 1_000) },
  });
  expect(await as(user).call(userRest.getExport, { exportId: ready.id })).toMatchObject({
    status: 410,
    body: { code: 'gone' },
  });
  const where = { topic: 'data_export_expiry', key: ready.id };
  await admin.outbox.updateMany({ where, data: { availableAt: new Date() } });
  await eventually(() => admin.dataExport.findFirst({ where: { id: ready.id, mediaId: null } }));
  expect(await admin.mediaLink.count({ where: { refId: ready.id } })).toBe(0);
});
