import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { userRest } from '@taar/contracts';
import { aSession, aUser } from '@taar/testing/factories';
import { runOps } from '../src/ops/run-ops.ts';
import { eventually, startUser } from './start.ts';

const { admin, as, events, settings } = await startUser();

const root = fileURLToPath(new URL('../../..', import.meta.url));
const entry = fileURLToPath(new URL('../src/ops/main.ts', import.meta.url));
type Output = { code: number; stdout: string; stderr: string };

const { DATABASE_URL, REDIS_URL, REDIS_PREFIX } = settings;
const env = { DATABASE_URL, REDIS_URL, REDIS_PREFIX };
const noStack = join(tmpdir(), randomUUID());
const ops = (...args: string[]) => runOps(env, noStack, args);

/** Runs the command in a separate process, as operators do. */
const spawnOps = (...args: string[]): Promise<Output> =>
  promisify(execFile)(process.execPath, [entry, ...args], {
    cwd: root,
    env: { ...process.env, ...env, INIT_CWD: tmpdir() },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Output) => error,
  );

test('suspending an account ends its sessions at once, and unsuspending allows sign-in again', async () => {
  const user = await aUser(admin);
  const phone = as(user);
  await phone.call(userRest.getMe, {});
  const tablet = await aSession(admin, user, { pushToken: `token-${user.id}` });

  const done = await ops('suspend', user.phoneNumber, '--reason', 'Spam');

  expect(done).toEqual({ userId: user.id, suspended: true, sessionsEnded: 2 });
  const refused = await eventually(async () => {
    const answer = await phone.call(userRest.getMe, {});
    return answer.status !== 200 && answer;
  });
  expect(refused.body).toMatchObject({ code: 'session_revoked', action: 'soft_logout' });
  expect(await admin.session.findUniqueOrThrow({ where: { id: tablet.id } })).toMatchObject({
    pushToken: null,
    revokeReason: 'suspended',
  });
  await eventually(async () => events.some(({ event }) => event === 'closing'));
  const firebase = { topic: 'firebase_account', key: user.id };
  expect(await admin.outbox.findFirst({ where: firebase })).toMatchObject({
    payload: { action: 'disable', uid: user.firebaseUid },
  });

  expect(await ops('unsuspend', user.id)).toEqual({ userId: user.id, suspended: false });
  const again = as(user);
  expect((await again.call(userRest.getMe, {})).status).toBe(200);
  const log = await admin.auditLog.findMany({ where: { target: `user:${user.id}` } });
  expect(log.map(({ action, detail }) => [action, detail])).toEqual([
    ['user_suspended', { reason: 'Spam' }],
    ['user_unsuspended', {}],
  ]);
});

test('an operator lists open reports, reads one with its evidence, and closes it', async () => {
  const [reporter, reported] = await Promise.all([aUser(admin), aUser(admin)]);
  const { body } = await as(reporter).call(userRest.createReport, {
    targetType: 'user',
    targetId: reported.id,
    reason: 'spam',
    note: 'Look at this',
  });
  expect(await ops('reports')).toMatchObject([
    { id: body.id, target: 'user', targetId: reported.id, reason: 'spam', reports: 1 },
  ]);
  expect(await ops('report', body.id)).toMatchObject({
    note: 'Look at this',
    evidence: [],
  });

  expect(await ops('close', body.id, 'acted')).toMatchObject({ state: 'acted' });
  expect(await ops('reports')).toEqual([]);
  await expect(ops('close', body.id, 'dismissed')).rejects.toThrow('no open report');
});

test.each([
  ['no command', [], 'npm run ops'],
  ['an unknown command', ['promote', randomUUID()], 'npm run ops'],
  ['a missing account', ['suspend'], 'The account is missing'],
  ['an unknown account', ['suspend', '+910000000000'], 'no account'],
  ['an unknown state', ['close', randomUUID(), 'open'], 'must be one of acted, dismissed'],
])('%s is refused with a message for the operator', async (_what, args, message) => {
  await expect(ops(...args)).rejects.toThrow(message);
});

test('the process prints JSON, or an error message and exit code 1', async () => {
  const [right, wrong] = await Promise.all([spawnOps('reports', 'dismissed'), spawnOps('close')]);
  expect(right).toMatchObject({ code: 0, stdout: '[]\n' });
  expect(wrong).toMatchObject({ code: 1, stdout: '' });
  expect(wrong.stderr).toMatch(/^The report is missing/);
});

test('without settings, a command runs on the system that npm start runs', async () => {
  const stackFile = join(tmpdir(), `${randomUUID()}.json`);
  await writeFile(stackFile, JSON.stringify({ database: DATABASE_URL, redis: REDIS_URL }));
  expect(await runOps({}, stackFile, ['reports'])).toEqual([]);
  await rm(stackFile);
  await expect(runOps({}, stackFile, ['reports'])).rejects.toThrow('DATABASE_URL is missing');
});
