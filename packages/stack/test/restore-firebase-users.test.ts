import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { startPart } from '@taar/embedded/start-part';
import { atEnd } from '@taar/testing/at-end';
import { freshDatabase } from '@taar/testing/database';
import { setEnv } from '@taar/testing/env';
import { aUser } from '@taar/testing/factories';
import { deleteApp, initializeApp } from 'firebase-admin/app';
import { getAuth } from 'firebase-admin/auth';
import { restoreFirebaseUsers } from '../src/restore-firebase-users.ts';

test('every user with a phone number is imported, and a repeated import succeeds', async () => {
  const { admin, adminUrl } = await freshDatabase();
  const project = 'demo-restore';
  const emulator = { ...(await startPart('firebase-auth', { project })), project };
  atEnd(() => emulator.stop());
  const [asha, biren] = [await aUser(admin), await aUser(admin)];
  await aUser(admin, { phoneNumber: `gone-${randomUUID()}`.slice(0, 20) });

  await restoreFirebaseUsers(emulator, adminUrl);
  await restoreFirebaseUsers(emulator, adminUrl);

  setEnv('FIREBASE_AUTH_EMULATOR_HOST', new URL(emulator.url).host);
  const app = initializeApp({ projectId: project }, randomUUID());
  atEnd(() => deleteApp(app));
  const { users } = await getAuth(app).listUsers();
  const known = users.map(({ uid, phoneNumber }) => ({ uid, phoneNumber }));
  expect(known.toSorted((a, b) => a.phoneNumber!.localeCompare(b.phoneNumber!))).toEqual(
    [asha, biren]
      .map(({ firebaseUid: uid, phoneNumber }) => ({ uid, phoneNumber }))
      .toSorted((a, b) => a.phoneNumber.localeCompare(b.phoneNumber)),
  );
});
