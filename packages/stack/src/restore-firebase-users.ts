import { Client } from 'pg';
import type { FirebaseEmulator } from './start-parts.ts';

type User = { localId: string; phoneNumber: string };
type Answer = { error?: { message: string }[] | { message: string } };

/** The most that the emulator imports in one request. */
const batchSize = 1_000;

/**
 * Imports every user into the emulator, which loses its users when it ends. Otherwise a known phone
 * number would get a new uid, which the auth service takes for a new owner of the number.
 */
export const restoreFirebaseUsers = async (emulator: FirebaseEmulator, databaseUrl: string) => {
  const db = new Client({ connectionString: databaseUrl });
  await db.connect();
  try {
    for (let last = ''; ;) {
      const { rows } = await db.query<User>(
        `SELECT
           firebase_uid AS "localId",
           phone_number AS "phoneNumber"
         FROM users
         WHERE phone_number LIKE '+%'
           AND phone_number > $1
         ORDER BY phone_number
         LIMIT $2`,
        [last, batchSize],
      );
      if (rows.length > 0) await importUsers(emulator, rows);
      if (rows.length < batchSize) return;
      last = rows.at(-1)!.phoneNumber;
    }
  } finally {
    await db.end();
  }
};

/** The endpoint behind `importUsers` of firebase-admin, whose modules take longer to load. */
const importUsers = async ({ url, project }: FirebaseEmulator, users: User[]) => {
  const path = `/identitytoolkit.googleapis.com/v1/projects/${project}/accounts:batchCreate`;
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer owner', 'content-type': 'application/json' },
    body: JSON.stringify({ users }),
  });
  const { error = [] } = (await answer.json()) as Answer;
  // An emulator that was started by other means may hold some of the users.
  const failed = [error].flat().find(({ message }) => !/existing account/.test(message));
  if (failed) throw new Error(`The Firebase emulator imported no users: ${failed.message}`);
};
