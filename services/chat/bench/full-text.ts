import { randomUUID } from 'node:crypto';
import { test } from '@jest/globals';
import { createDb } from '@taar/db';
import { atEnd } from '@taar/testing/at-end';
import { type Database, type DatabaseServer, freshDatabase } from '@taar/testing/database';
import { aDirectChat, aUser } from '@taar/testing/factories';
import { startOwnPostgres } from '@taar/testing/postgres';
import { runSql } from '@taar/testing/template';
import { toDraft } from '../src/core/draft.ts';
import { createGroupCommit } from '../src/core/group-commit.ts';
import { insertMessages } from '../src/core/insert-messages.ts';
import { createMeter } from './load/cpu.ts';
import { interleave, measure, show } from './load/measure.ts';
import { someWords, someWordsSql } from './load/words.ts';

const existingMessages = 300_000;
const people = 200;
const rounds = 5;
const seconds = 6;

const variants = {
  'without the index': 'DROP INDEX messages_words',
  'as in production': '',
  'no pending list': 'ALTER INDEX messages_words SET (fastupdate = off)',
  'pending list of 512 kB': 'ALTER INDEX messages_words SET (gin_pending_list_limit = 512)',
  'pending list of 64 MB': 'ALTER INDEX messages_words SET (gin_pending_list_limit = 65536)',
};

/** Direct chats with many messages. */
const fill = async ({ admin, adminUrl }: Database) => {
  const users = await Promise.all(Array.from({ length: people }, () => aUser(admin)));
  const chats = await Promise.all(
    users.flatMap((user, i) => (i % 2 ? [aDirectChat(admin, users[i - 1]!, user)] : [])),
  );
  const each = existingMessages / chats.length;
  await runSql(
    adminUrl,
    `INSERT INTO messages (chat_id, sender_id, seq, change_seq, client_message_id, content)
    SELECT chat.id, chat.created_by, number, number, gen_random_uuid(), ${someWordsSql}
    FROM chats chat, generate_series(1, ${each}) number`,
  );
  await runSql(adminUrl, `UPDATE chats SET last_seq = ${each}, change_seq = ${each}`);
  await runSql(adminUrl, 'VACUUM ANALYZE');
  return { users, chats };
};

test('measures what the full-text search index costs a send', async () => {
  const postgres = await startOwnPostgres();
  const { server } = postgres;
  const filled = await freshDatabase(server);
  const { users, chats } = await fill(filled);
  await filled.admin.$disconnect();
  const template = new URL(filled.adminUrl).pathname.slice(1);

  const loadOf = async (from: DatabaseServer, change: string) => {
    const { adminUrl, urls } = await freshDatabase(from);
    const hasIndex = !change.startsWith('DROP');
    if (change) await runSql(adminUrl, change);
    const db = createDb(urls.chat, { max: 10 });
    atEnd(() => db.$disconnect());
    const commit = createGroupCommit((drafts) => insertMessages(db, drafts));
    let sent = 0;
    const send = async (who: number) => {
      const message = { chatId: chats[who >> 1]!.id, clientMessageId: randomUUID() };
      await commit(toDraft(users[who]!.id, { ...message, content: someWords() }, {}, undefined));
      sent += 1;
    };
    const meter = createMeter(postgres.pid());
    const run = () =>
      meter.over(
        () => sent,
        async () => {
          const measured = await measure(people, seconds, send);
          // The pending list defers work, which belongs to the cost as well.
          if (hasIndex) await runSql(adminUrl, `SELECT gin_clean_pending_list('messages_words')`);
          return measured;
        },
      );
    return { run, meter };
  };
  const loads = Object.fromEntries(
    await Promise.all(
      Object.entries(variants).map(async ([name, change]) => [
        name,
        await loadOf({ url: server.url, template }, change),
      ]),
    ),
  ) as Record<keyof typeof variants, Awaited<ReturnType<typeof loadOf>>>;

  const runs = Object.fromEntries(Object.entries(loads).map(([name, { run }]) => [name, run]));
  const found = await interleave(rounds, runs);
  for (const [name, measured] of Object.entries(found)) {
    show(name, measured, { 'without it': found['without the index']! });
    const each = loads[name as keyof typeof variants].meter.microsecondsEach();
    process.stdout.write(`  CPU of PostgreSQL: ${each} µs a message\n`);
  }
}, 900_000);
