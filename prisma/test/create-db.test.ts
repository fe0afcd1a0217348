import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { createDb, databaseError, isUniqueViolation, type PrismaClient } from '../src/index.ts';
import { migrateDeploy } from '../src/migrate.ts';
import { createStatementNames } from '../src/statement-names.ts';
import { createDatabase, query } from './database.ts';

let database: Awaited<ReturnType<typeof createDatabase>>;
let db: PrismaClient;

beforeAll(async () => {
  database = await createDatabase();
  await migrateDeploy(database.url);
  db = createDb(database.url, { max: 3 });
});

afterAll(async () => {
  await db.$disconnect();
  await database.drop();
});

const aUser = (phoneNumber = randomUUID().slice(0, 20)) =>
  db.user.create({ data: { firebaseUid: randomUUID(), phoneNumber, name: 'Asha' } });

const thrownBy = (work: PromiseLike<unknown>) =>
  Promise.resolve(work).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a unique violation', () => {
  test('is reported with its index, for a model call and for raw SQL', async () => {
    const { phoneNumber } = await aUser();

    const byModel = await thrownBy(aUser(phoneNumber));
    expect(databaseError(byModel)).toEqual({ kind: 'unique', index: 'users_phone_number_key' });
    const byRaw = await thrownBy(
      db.$executeRaw`INSERT INTO users (firebase_uid, phone_number, name)
                     VALUES (${randomUUID()}, ${phoneNumber}, 'Asha')`,
    );
    expect(isUniqueViolation(byRaw, 'users_phone_number_key')).toBe(true);
    expect(isUniqueViolation(byRaw, 'users_firebase_uid_key')).toBe(false);
  });
});

describe('databaseError', () => {
  const expectUnavailable = async (work: PromiseLike<unknown>, code: unknown) =>
    expect(databaseError(await thrownBy(work))).toEqual({ kind: 'unavailable', code });

  test('reports a statement over its time limit as unavailable', () =>
    expectUnavailable(db.$queryRaw`SELECT pg_sleep(4)::text`, '57014'));

  test('reports a row locked by another transaction as unavailable; other rows can be updated', async () => {
    const [locked, free] = await Promise.all([aUser(), aUser()]);
    const holder = new Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [locked.id]);

    const waiting = db.user.update({ where: { id: locked.id }, data: { name: 'Biren' } });
    await db.user.update({ where: { id: free.id }, data: { name: 'Biren' } });
    await expectUnavailable(waiting, '55P03');
    await holder.end();
  });

  test('reports a connection cut during a query as unavailable; the next query works', async () => {
    const sleeping = db.$queryRaw`SELECT pg_sleep(2)::text /* to be cut */`;
    const cut = thrownBy(sleeping);
    const terminate = () =>
      query(
        database.url,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE query LIKE '%to be cut%' AND pid <> pg_backend_pid()`,
      );
    while ((await terminate()).length === 0);

    expect(databaseError(await cut)).toMatchObject({ kind: 'unavailable' });
    expect(await db.user.count()).toBeGreaterThanOrEqual(0);
  });

  test.each<[string, (nowhere: PrismaClient) => PromiseLike<unknown>]>([
    ['a model', (nowhere) => nowhere.user.count()],
    ['raw SQL', (nowhere) => nowhere.$queryRaw`SELECT 1`],
    ['a transaction', (nowhere) => nowhere.$transaction(async (tx) => tx.$queryRaw`SELECT 1`)],
  ])('reports an unreachable server as unavailable to %s', async (_how, work) => {
    const nowhere = createDb('postgresql://nobody@127.0.0.1:1/nothing', { max: 1 });
    expect(databaseError(await thrownBy(work(nowhere)))).toMatchObject({ kind: 'unavailable' });
    await nowhere.$disconnect();
  });

  test('leaves a broken idle connection to onIdleError; the next query works', async () => {
    let broken = 0;
    const own = createDb(database.url, {
      applicationName: 'idle test',
      onIdleError: () => (broken += 1),
    });
    await own.user.count();
    await query(
      database.url,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'idle test'`,
    );
    expect(await own.user.count()).toBeGreaterThanOrEqual(0);
    expect(broken).toBeGreaterThan(0);
    await own.$disconnect();
  });

  test('reports an unreachable server with a code', async () => {
    const nowhere = createDb('postgresql://nobody@127.0.0.1:1/none');
    await expectUnavailable(nowhere.user.count(), expect.any(String));
    await nowhere.$disconnect();
  });

  test('reports an exhausted pool as unavailable', async () => {
    const small = createDb(database.url, { max: 1 });
    const signals = new EventEmitter();
    const begun = once(signals, 'begun');
    const held = small.$transaction(async (tx) => {
      await tx.user.count();
      const over = once(signals, 'over');
      signals.emit('begun');
      await over;
    });
    await begun;

    const [query, transaction] = [small.user.count(), small.$transaction((tx) => tx.user.count())];
    await expectUnavailable(query, 'connection');
    await expectUnavailable(transaction, 'P2028');
    signals.emit('over');
    await held;
    await small.$disconnect();
  });

  test('does not classify an invalid query or any other thrown value', async () => {
    expect(databaseError(await thrownBy(db.$queryRaw`SELECT nonsense`))).toBeUndefined();
    expect(databaseError(new Error('anything else'))).toBeUndefined();
    expect(databaseError(undefined)).toBeUndefined();
  });
});

describe('times', () => {
  test('of creation come from the clock of the database', async () => {
    const statements = await db.$transaction(async (tx) => {
      const { id } = await tx.user.create({
        data: { firebaseUid: randomUUID(), phoneNumber: randomUUID().slice(0, 20), name: 'Asha' },
      });
      return tx.$queryRaw<{ same: boolean }[]>`
        SELECT created_at = now()::timestamptz(3) AS same FROM users WHERE id = ${id}::uuid`;
    });
    expect(statements).toEqual([{ same: true }]);
  });

  test('of the last update change with the profile and not with presence', async () => {
    const updatedAt = new Date(0);
    const { id } = await db.user.create({
      data: {
        firebaseUid: randomUUID(),
        phoneNumber: randomUUID().slice(0, 20),
        name: '',
        updatedAt,
      },
    });
    const online = await db.user.update({ where: { id }, data: { isOnline: true } });
    expect(online.updatedAt).toEqual(updatedAt);
    const renamed = await db.user.update({ where: { id }, data: { name: 'Biren' } });
    expect(renamed.updatedAt.getTime()).toBeGreaterThan(0);
  });
});

test('statements are named up to the cap, and left unnamed beyond it', () => {
  const nameOf = createStatementNames(2);
  const [first, second] = [nameOf({ sql: 'SELECT 1' }), nameOf({ sql: 'SELECT 2' })];
  expect(first).not.toBe(second);
  expect(nameOf({ sql: 'SELECT 1' })).toBe(first);
  expect(nameOf({ sql: 'SELECT 3' })).toBe('');
});
