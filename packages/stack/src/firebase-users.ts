import { createDb, type PrismaClient } from '@taar/db';
import { deleteApp, initializeApp } from 'firebase-admin/app';
import { type Auth, getAuth } from 'firebase-admin/auth';
import type { FirebaseEmulator } from './parts.ts';

/** As many as the SDK takes at once. */
const pageSize = 1_000;

const importAll = async (auth: Auth, db: PrismaClient) => {
  for (let last = ''; ;) {
    const users = await db.user.findMany({
      where: { phoneNumber: { gt: last, startsWith: '+' } },
      select: { firebaseUid: true, phoneNumber: true },
      orderBy: { phoneNumber: 'asc' },
      take: pageSize,
    });
    const { errors } = await auth.importUsers(
      users.map(({ firebaseUid: uid, phoneNumber }) => ({ uid, phoneNumber })),
    );
    // One that was started elsewhere may remember them.
    const refused = errors.find(({ error }) => !/existing account/.test(error.message));
    if (refused) throw refused.error;
    if (users.length < pageSize) return;
    last = users.at(-1)!.phoneNumber;
  }
};

/**
 * Tells the emulator, which remembers nothing, of everybody who signed up before. Otherwise a
 * number would come back under a new uid, which means that it changed hands.
 */
export const restoreFirebaseUsers = async (
  { url, project }: FirebaseEmulator,
  databaseUrl: string,
) => {
  // The one way to lead the SDK to an emulator.
  process.env['FIREBASE_AUTH_EMULATOR_HOST'] = new URL(url).host;
  const app = initializeApp({ projectId: project }, 'import');
  const db = createDb(databaseUrl, { max: 1 });
  try {
    await importAll(getAuth(app), db);
  } finally {
    await Promise.all([db.$disconnect(), deleteApp(app)]);
  }
};
