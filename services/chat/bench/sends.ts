import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createDb } from '@taar/db';
import { atEnd } from '@taar/testing/at-end';
import { aDirectChat, aUser } from '@taar/testing/factories';
import { startOwnPostgres } from '@taar/testing/postgres';
import { createSurroundings } from '@taar/testing/surroundings';
import { io } from 'socket.io-client';
import { toDraft } from '../src/core/draft.ts';
import { createGroupCommit } from '../src/core/group-commit.ts';
import { insertMessages } from '../src/core/insert-messages.ts';
import { startProcess } from '../test/processes.ts';
import { createMeter } from './load/cpu.ts';
import { interleave, measure, show } from './load/measure.ts';
import { someWords } from './load/words.ts';

const people = 200;
const rounds = 3;
const seconds = 4;
const rowsInBatch = 100;

test(`measures ${people} users who send over sockets against plain inserts`, async () => {
  const postgres = await startOwnPostgres();
  const { env, as, admin, urls, adminUrl } = await createSurroundings('chat', postgres.server);
  const limits = { RATE_LIMIT_FACTOR: '10000', REQUESTS_PER_MINUTE_PER_ADDRESS: '10000000' };
  const { url, pid } = await startProcess({ ...env, ...limits }, 'dist/main.js');
  const open = (databaseUrl: string) => {
    const db = createDb(databaseUrl, { max: 10 });
    atEnd(() => db.$disconnect());
    return db;
  };
  const [db, bare] = [open(urls.chat), open(adminUrl)];
  await bare.$executeRaw`CREATE TABLE bare (id uuid PRIMARY KEY, chat_id uuid, sender_id uuid, content text)`;

  const users = await Promise.all(Array.from({ length: people }, () => aUser(admin)));
  const chats = await Promise.all(
    users.flatMap((user, i) => (i % 2 ? [aDirectChat(admin, users[i - 1]!, user)] : [])),
  );
  const sockets = await Promise.all(
    users.map(async (user) => {
      const person = as(url)(user);
      const { deviceId } = await person.session();
      const auth = { token: await person.token(), deviceId, protocol: 1 };
      const socket = io(url, { transports: ['websocket'], forceNew: true, auth });
      atEnd(() => socket.disconnect());
      await new Promise((resolve) => {
        socket.once('authenticated', resolve);
      });
      return socket;
    }),
  );
  const messageOf = (who: number) => ({
    chatId: chats[who >> 1]!.id,
    clientMessageId: randomUUID(),
    content: someWords(),
  });
  let sent = 0;

  const insert = (who: number) => {
    const { chatId, clientMessageId, content } = messageOf(who);
    return bare.$executeRaw`INSERT INTO bare VALUES
      (${clientMessageId}::uuid, ${chatId}::uuid, ${users[who]!.id}::uuid, ${content})`;
  };
  const insertMany = () => {
    const rows = Array.from({ length: rowsInBatch }, (_, n) => messageOf(n));
    return bare.$executeRaw`INSERT INTO bare SELECT * FROM unnest(
      ${rows.map((row) => row.clientMessageId)}::uuid[], ${rows.map((row) => row.chatId)}::uuid[],
      ${rows.map((_, n) => users[n]!.id)}::uuid[], ${rows.map((row) => row.content)}::text[])`;
  };
  const commit = createGroupCommit((drafts) => insertMessages(db, drafts));
  const store = async (who: number) => {
    const stored = await commit(toDraft(users[who]!.id, messageOf(who), {}, undefined));
    if (stored.outcome === 'created') sent += 1;
  };
  const [node, database] = [createMeter(pid), createMeter(postgres.pid())];
  const send = (each: number) => () =>
    node.over(
      () => sent,
      () =>
        database.over(
          () => sent,
          () =>
            measure(each * people, seconds, async (caller) => {
              const who = caller % people;
              const socket = sockets[who]!;
              const ack: { ok: boolean } = await socket.emitWithAck('send_message', messageOf(who));
              if (ack.ok) sent += 1;
            }),
        ),
    );

  const found = await interleave(rounds, {
    'an INSERT each': () => measure(people, seconds, insert),
    'bare batches': async () => {
      const { rate, ...times } = await measure(2, seconds, insertMany);
      return { rate: rate * rowsInBatch, ...times };
    },
    'group commit alone': () => measure(people, seconds, store),
    'sockets, one each': send(1),
    'sockets, four each': send(4),
  });
  const baselines = {
    'an INSERT each': found['an INSERT each'],
    'bare batches': found['bare batches'],
  };
  for (const [name, measured] of Object.entries(found)) show(name, measured, baselines);
  process.stdout.write(
    `CPU a message over sockets: node ${node.microsecondsEach()} µs, ` +
      `PostgreSQL ${database.microsecondsEach()} µs\n`,
  );
  expect(await admin.message.count()).toBe(sent);
}, 600_000);
