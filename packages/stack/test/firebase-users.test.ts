import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { startPart } from '@taar/embedded/start-part';
import { atEnd } from '@taar/testing/at-end';
import { freshDatabase } from '@taar/testing/database';
import { aUser } from '@taar/testing/factories';
import { deleteApp, initializeApp } from 'firebase-admin/app';
import { getAuth } from 'firebase-admin/auth';
import { restoreFirebaseUsers } from '../src/firebase-users.ts';

test('an emulator that forgot everybody knows all who signed up, and one that did not stays as it is', async () => {
  const { admin, adminUrl } = await freshDatabase();
  const project = 'demo-restore';
  const emulator = { ...(await startPart('firebase-auth', { project })), project };
  atEnd(() => emulator.stop());
  const [asha, biren] = [await aUser(admin), await aUser(admin)];
  await aUser(admin, { phoneNumber: `gone-${randomUUID()}`.slice(0, 20) });

  await restoreFirebaseUsers(emulator, adminUrl);
  await restoreFirebaseUsers(emulator, adminUrl);

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
