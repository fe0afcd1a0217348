import { describe, expect, test } from '@jest/globals';
import { userRest } from '@taar/contracts';
import { owners } from '@taar/db';
import { erasureMap } from '@taar/domain/erasure/erasure-map';
import {
  aBlock,
  aDirectChat,
  aMessage,
  aPhoneNumber,
  aSession,
  aUser,
} from '@taar/testing/factories';
import { eventually, startUser } from './start.ts';

const { admin, as, events } = await startUser({ UNDO_SECONDS: '1' });

const isErasedByUser = (userId: string) => () =>
  admin.outbox.findFirst({ where: { topic: 'erase_auth', key: userId } });
const deleteAccount = (user: { id: string }) => as(user).call(userRest.deleteMe, {});

describe('DELETE /users/me', () => {
  test('ends every session at once and closes their sockets', async () => {
    const user = await aUser(admin);
    const phone = as(user);
    const tablet = await aSession(admin, user, { pushToken: `token-${user.id}` });

    const { status, body } = await phone.call(userRest.deleteMe, {});

    expect(status).toBe(202);
    expect(Date.parse(body.eraseAfter)).toBeGreaterThan(Date.now() - 60_000);
    expect(await phone.call(userRest.getMe, {})).toMatchObject({
      status: 401,
      body: { code: 'session_revoked', action: 'logout' },
    });
    expect(await admin.session.findUniqueOrThrow({ where: { id: tablet.id } })).toMatchObject({
      pushToken: null,
      revokeReason: 'account_gone',
    });
    const closing = await eventually(async () =>
      events.find(
        ({ event, audience }) =>
          event === 'closing' && 'sessions' in audience && audience.sessions.includes(tablet.id),
      ),
    );
    expect(closing.payload).toEqual({ reason: 'session_revoked', reconnect: false });
  });

  test('requires a recent sign-in', async () => {
    const user = await aUser(admin);
    const phone = as(user);
    await admin.session.update({
      where: { id: (await phone.session()).id },
      data: { createdAt: new Date(Date.now() - 11 * 60_000) },
    });
    expect(await phone.call(userRest.deleteMe, {})).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect((await phone.call(userRest.getMe, {})).status).toBe(200);
  });

  test('erases the data of the user service, and shows the removal to owners of lists with the user', async () => {
    const phoneNumber = aPhoneNumber();
    const user = await aUser(admin, { phoneNumber, name: 'Xanthippe Unmistakable' });
    const friend = await aUser(admin);
    await as(user).call(userRest.updateMe, { settings: { avatar: 'nobody' } });
    await as(user).call(userRest.addContacts, { phoneNumber: friend.phoneNumber, name: 'Friend' });
    const { body } = await as(friend).call(userRest.addContacts, {
      phoneNumber,
      name: 'Xanthippe',
    });
    await aBlock(admin, user, await aUser(admin));
    await aBlock(admin, friend, user);

    await deleteAccount(user);
    await eventually(isErasedByUser(user.id));

    const row = await admin.user.findUniqueOrThrow({ where: { id: user.id } });
    expect(row).toMatchObject({ name: 'Deleted account', about: null, avatarUrl: null });
    expect(row.phoneNumber).toMatch(/^gone:/);
    expect(row.firebaseUid).toMatch(/^gone:/);
    const { body: changes } = await as(friend).call(userRest.listContacts, { updatedAfterVer: 1 });
    expect(changes).toMatchObject({ items: [], removed: [body.results[0]!.contact!.id] });
    const removals = await admin.userRemoval.findMany({ where: { userId: friend.id } });
    expect(removals.map(({ kind, ref }) => [kind, ref])).toContainEqual(['block', user.id]);
    expect(
      await admin.outbox.findFirst({ where: { topic: 'firebase_account', key: user.id } }),
    ).toMatchObject({ payload: { action: 'delete', uid: user.firebaseUid } });

    for (const [table, { people }] of Object.entries(erasureMap))
      for (const [column, { fate }] of Object.entries(people)) {
        if (owners[table as keyof typeof owners].owner !== 'user') continue;
        if (fate !== 'delete' && fate !== 'withdraw') continue;
        const [count] = await admin.$queryRawUnsafe<{ n: number }[]>(
          `SELECT count(*)::int AS n FROM ${table} WHERE ${column} = '${user.id}'`,
        );
        expect([table, column, count!.n]).toEqual([table, column, 0]);
      }
  });

  test('erases nothing after the deletion was undone', async () => {
    const user = await aUser(admin);
    await deleteAccount(user);
    await admin.userState.update({
      where: { userId: user.id },
      data: { deletedAt: null, eraseAfter: null },
    });
    await eventually(() =>
      admin.outbox.findFirst({
        where: { topic: 'user_erase', key: user.id, doneAt: { not: null } },
      }),
    );
    expect(await admin.user.findUniqueOrThrow({ where: { id: user.id } })).toMatchObject({
      name: user.name,
      phoneNumber: user.phoneNumber,
    });
    expect(await admin.erasureJob.count({ where: { userId: user.id } })).toBe(0);
  });

  test('keeps the messages of the user in chats', async () => {
    const [user, friend] = await Promise.all([aUser(admin), aUser(admin)]);
    const chat = await aDirectChat(admin, user, friend);
    await aMessage(admin, chat, user, { content: 'Farewell' });
    await deleteAccount(user);
    await eventually(isErasedByUser(user.id));
    expect(await admin.message.findMany({ where: { chatId: chat.id } })).toMatchObject([
      { content: 'Farewell', senderId: user.id },
    ]);
  });
});
