import { createDb, type PrismaClient } from '@taar/db';
import type { FirebaseEmulator } from './parts.ts';

const pageSize = 1_000;

const importUsers = async ({ url, project }: FirebaseEmulator, users: object[]) => {
  const path = `/identitytoolkit.googleapis.com/v1/projects/${project}/accounts:batchCreate`;
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { Authorization: 'Bearer owner', 'Content-Type': 'application/json' },
    body: JSON.stringify({ users }),
  });
  if (!answer.ok) throw new Error(`The emulator refused the users: ${await answer.text()}`);
};

const importAll = async (emulator: FirebaseEmulator, db: PrismaClient) => {
  for (let last = ''; ;) {
    const users = await db.user.findMany({
      where: { phoneNumber: { gt: last, startsWith: '+' } },
      select: { firebaseUid: true, phoneNumber: true },
      orderBy: { phoneNumber: 'asc' },
      take: pageSize,
    });
    if (users.length > 0)
      await importUsers(
        emulator,
        users.map(({ firebaseUid: localId, phoneNumber }) => ({ localId, phoneNumber })),
      );
    if (users.length < pageSize) return;
    last = users.at(-1)!.phoneNumber;
  }
};

/**
 * Tells the emulator, which remembers nothing, of everybody who signed up before. Otherwise a
 * number would come back under a new uid, which means that it changed hands.
 */
export const restoreFirebaseUsers = async (emulator: FirebaseEmulator, databaseUrl: string) => {
  const db = createDb(databaseUrl, { max: 1 });
  try {
    await importAll(emulator, db);
  } finally {
    await db.$disconnect();
  }
};
