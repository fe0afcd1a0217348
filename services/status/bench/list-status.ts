import { performance } from 'node:perf_hooks';
import { expect, test } from '@jest/globals';
import { statusRest } from '@taar/contracts';
import { aUser } from '@taar/testing/factories';
import { startStatus } from '../test/start.ts';

const contacts = 1_000;
const authors = 300;
const rounds = 40;

const { admin, as, deps } = await startStatus();

/** Creates contacts of the reader; the first `authors` of them have a status. */
const populate = (readerId: string) =>
  admin.$transaction([
    admin.$executeRaw`
      INSERT INTO users (id, firebase_uid, phone_number, name)
      SELECT
        gen_random_uuid(),
        'bench-' || n,
        '+9100' || lpad(n::text, 8, '0'),
        'Friend ' || n
      FROM generate_series(1, ${contacts}::int) n`,
    admin.$executeRaw`
      INSERT INTO contacts (owner_id, user_id, phone_hash, name)
      SELECT
        pair.owner_id,
        pair.user_id,
        sha256((pair.owner_id::text || pair.user_id::text)::bytea),
        'x'
      FROM users friend
      CROSS JOIN LATERAL (
        VALUES (${readerId}::uuid, friend.id), (friend.id, ${readerId}::uuid)
      ) pair(owner_id, user_id)
      WHERE friend.firebase_uid LIKE 'bench-%'`,
    admin.$executeRaw`
      WITH posted AS (
        INSERT INTO statuses (user_id, client_status_id, type, text, audience_mode)
        SELECT id, gen_random_uuid(), 'text', 'hello', 'contacts'
        FROM users
        WHERE firebase_uid LIKE 'bench-%'
        ORDER BY firebase_uid
        LIMIT ${authors}::int
        RETURNING id, user_id, expires_at
      )
      INSERT INTO status_audience (viewer_id, status_id, owner_id, expires_at)
      SELECT ${readerId}::uuid, id, user_id, expires_at
      FROM posted`,
    admin.$executeRaw`ANALYZE`,
  ]);

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const timed = async (work: () => Promise<unknown>) => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};

test(`lists the statuses of ${authors} of a user's ${contacts} contacts`, async () => {
  const reader = await aUser(admin);
  await populate(reader.id);
  const me = as(reader);
  const list: number[] = [];
  const floor: number[] = [];
  for (let i = 0; i < rounds; i++) {
    floor.push(await timed(() => deps.db.$queryRaw`SELECT 1`));
    list.push(await timed(() => me.call(statusRest.listStatus, { limit: 50 })));
  }
  const { body } = await me.call(statusRest.listStatus, { limit: 50 });
  expect(body.items).toHaveLength(50);

  const author = as(reader);
  const posting = await timed(() =>
    author.call(statusRest.createStatus, {
      type: 'text',
      text: 'to all of you',
      clientStatusId: '0190d3b4-7c1e-7000-8000-0123456789ab',
    }),
  );
  const reached = await admin.statusAudience.count({ where: { ownerId: reader.id } });
  expect(reached).toBe(contacts);
  process.stdout.write(
    `list: median ${median(list).toFixed(1)} ms over HTTP, best ${Math.min(...list).toFixed(1)} ms; ` +
      `an empty statement: median ${median(floor).toFixed(1)} ms; post to ${reached}: ${posting.toFixed(1)} ms\n`,
  );
}, 120_000);
