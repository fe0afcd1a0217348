import { randomBytes, randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { chatRest, mediaRest, statusRest, userRest } from '@taar/contracts';
import {
  aBlock,
  aDirectChat,
  aGroup,
  aMedia,
  aMessage,
  aPhoneNumber,
  aSession,
  aUser,
} from '@taar/testing/factories';
import { Client } from 'pg';
import { startAllServices } from './all-services.ts';

const {
  admin,
  adminUrl,
  user: people,
  chat,
  status,
  media,
} = await startAllServices({
  UNDO_SECONDS: '1',
});

const firstName = 'Xanthippe';
const name = `${firstName} Unmistakable`;
type User = Awaited<ReturnType<typeof aUser>>;

/** Finds every row of the database that holds one of the words, as text or as bytes. */
const search = async (words: string[]) => {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
  );
  const found: string[] = [];
  for (const { name: table } of tables) {
    const { rows } = await client.query<{ row: string }>(`SELECT t::text AS row FROM ${table} t`);
    for (const { row } of rows)
      for (const word of words)
        if (row.includes(word) || row.includes(Buffer.from(word).toString('hex')))
          found.push(`${table}: ${row.slice(0, 200)}`);
  }
  await client.end();
  return found;
};

const eventually = async <T>(find: () => Promise<T | null>): Promise<T> => {
  for (const deadline = Date.now() + 40_000; Date.now() < deadline;) {
    const found = await find();
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The condition was not met in time.');
};

/** Creates rows of the user in every table that can hold personal data. */
const createTraces = async (me: User, friend: User) => {
  const my = { people: people(me), chat: chat(me), status: status(me) };
  const picture = await aMedia(admin, me, { purpose: 'avatar', fileName: `${name}.jpg` });
  await my.people.call(userRest.updateMe, {
    about: `I am ${name}`,
    avatarMediaId: picture.id,
    settings: { lastSeen: 'contacts' },
  });
  await my.people.call(userRest.addContacts, { phoneNumber: friend.phoneNumber, name: 'Friend' });
  await people(friend).call(userRest.addContacts, { phoneNumber: me.phoneNumber, name });
  await aBlock(admin, me, await aUser(admin));
  await aBlock(admin, await aUser(admin), me);
  await aSession(admin, me, {
    model: `${name}’s phone`,
    pushToken: `token of ${name}`,
    ip: '10.1.2.3',
  });

  const direct = await aDirectChat(admin, me, friend);
  const group = await aGroup(admin, { owner: friend, members: [me] });
  const photo = await aMedia(admin, me, { fileName: `${name} at sea.jpg` });
  const message = await aMessage(admin, direct, me, {
    content: `It is me, ${name}: ${me.phoneNumber}`,
    mediaId: photo.id,
    messageType: 'image',
    metadata: { media: { fileName: photo.fileName } },
  });
  await aMessage(admin, direct, me, { content: `Blocked ${name}`, visibleTo: me.id });
  await admin.messageEdit.create({ data: { messageId: message.id, version: 1, content: name } });
  const theirs = await aMessage(admin, group, friend, { content: 'Hello all' });
  await my.chat.call(chatRest.setReaction, {
    chatId: group.id,
    messageId: theirs.id,
    emoji: '👍',
  });
  await my.status.call(statusRest.createStatus, {
    type: 'text',
    text: `${name} at the river`,
    clientStatusId: randomUUID(),
  });
  await my.people.call(userRest.createReport, {
    targetType: 'user',
    targetId: friend.id,
    reason: 'other',
    note: `Call me: ${name}, ${me.phoneNumber}`,
  });
  await admin.userPin.create({ data: { userId: me.id, hash: 'x' } });
  await admin.pushAttempt.create({ data: { userId: me.id, state: 'failed', error: name } });
  const { id: sessionId } = await my.people.session();
  await admin.otpRequest.create({
    data: {
      phoneHash: randomBytes(32),
      prefix: '919800',
      deviceId: randomUUID(),
      provider: 'firebase',
      firebaseUid: me.firebaseUid,
      sessionId,
      expiresAt: new Date(),
    },
  });
  const { body } = await my.people.call(userRest.createExport, {});
  const file = await eventually(() =>
    admin.media.findFirst({ where: { ownerId: me.id, purpose: 'export' } }),
  );
  expect(file.sizeBytes).toBeGreaterThan(0n);
  return { direct, group, exportId: body.id, photo, file };
};

test('an erased user who had their messages deleted leaves no trace in the database', async () => {
  const me = await aUser(admin, { name, phoneNumber: aPhoneNumber() });
  const friend = await aUser(admin);
  const traces = await createTraces(me, friend);
  const words = [firstName, me.phoneNumber, me.phoneNumber.slice(3), me.firebaseUid];
  expect((await search(words)).length).toBeGreaterThan(10);

  const left = await people(me).call(userRest.deleteMe, { deleteMessages: true });
  expect(left.status).toBe(202);
  const job = await eventually(() =>
    admin.erasureJob.findFirst({ where: { userId: me.id, state: 'done' } }),
  );
  const firebase = { topic: 'firebase_account', key: me.id };
  await eventually(() => admin.outbox.findFirst({ where: { ...firebase, doneAt: { not: null } } }));

  expect(job.report).toMatchObject({ 'messages.sender_id': 2, 'statuses.user_id': 1 });
  const files = { topic: 'media_collect', key: traces.file.id, doneAt: { not: null } };
  await eventually(() => admin.outbox.findFirst({ where: files }));
  // Finished jobs are removed after a while, the one that erases the Firebase account among them.
  await admin.outbox.deleteMany({ where: { doneAt: { not: null } } });
  expect(await search(words)).toEqual([]);

  const { body } = await chat(friend).call(chatRest.listMessages, { chatId: traces.direct.id });
  expect(body.items.every(({ deletedAt }) => deletedAt !== null)).toBe(true);
  const members = await admin.chatMember.findMany({
    where: { chatId: traces.group.id, leftAt: null },
  });
  expect(members.map(({ userId }) => userId)).toEqual([friend.id]);
  for (const { id } of [traces.photo, traces.file])
    expect(await media(friend).call(mediaRest.getMedia, { mediaId: id })).toMatchObject({
      status: 404,
    });
}, 60_000);

test('a new user with the phone number of a deleted one gets none of their data', async () => {
  const former = await aUser(admin, { name });
  const friend = await aUser(admin);
  const direct = await aDirectChat(admin, former, friend);
  await aMessage(admin, direct, former, { content: 'Kept by the friend' });
  await people(former).call(userRest.deleteMe, {});
  await eventually(() =>
    admin.erasureJob.findFirst({ where: { userId: former.id, state: 'done' } }),
  );

  const fresh = await aUser(admin, { name: 'Fresh', phoneNumber: former.phoneNumber });

  expect((await chat(fresh).call(chatRest.listChats, {})).body.items).toEqual([]);
  expect((await people(fresh).call(userRest.listContacts, {})).body.items).toEqual([]);
  const { body } = await chat(friend).call(chatRest.listChats, {});
  expect(body.items[0]).toMatchObject({
    peer: { id: former.id, name: 'Deleted account' },
    lastMessage: { content: 'Kept by the friend' },
  });
});

test('an erasure that fails in a step for too long starts that step again, and completes', async () => {
  const me = await aUser(admin);
  await admin.userPin.create({ data: { userId: me.id, hash: 'x' } });
  await admin.$executeRawUnsafe(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN RAISE EXCEPTION 'This row cannot be deleted.'; END $$`);
  await admin.$executeRawUnsafe(`
    CREATE TRIGGER refuse BEFORE DELETE ON user_pins FOR EACH ROW EXECUTE FUNCTION refuse()`);
  await people(me).call(userRest.deleteMe, {});
  const step = { topic: 'erase_auth', key: me.id };
  const first = await eventually(() => admin.outbox.findFirst({ where: step }));

  // Without its lease, as the worker may hold the job at this moment.
  const lastAttempt = { attempts: 9, availableAt: new Date(), lockedUntil: null };
  await admin.outbox.update({ where: { id: first.id }, data: lastAttempt });
  await eventually(() => admin.outbox.findFirst({ where: { ...step, deadAt: { not: null } } }));
  const again = await eventually(() =>
    admin.outbox.findFirst({ where: { ...step, deadAt: null } }),
  );
  expect(again.availableAt.getTime()).toBeGreaterThan(Date.now() + 60 * 60_000);
  await admin.$executeRawUnsafe('DROP TRIGGER refuse ON user_pins');
  await admin.outbox.update({ where: { id: again.id }, data: { availableAt: new Date() } });

  const job = await eventually(() =>
    admin.erasureJob.findFirst({ where: { userId: me.id, state: 'done' } }),
  );
  expect(job.report).toMatchObject({ 'users.id': 1, 'user_pins.user_id': 1 });
  expect(await admin.userPin.count({ where: { userId: me.id } })).toBe(0);
}, 60_000);
