import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { userRest } from '@taar/contracts';
import { aSession, aUser } from '@taar/testing/factories';
import { eventually, startUser } from './start.ts';

const { admin, as, events, settings } = await startUser();

const root = fileURLToPath(new URL('../../..', import.meta.url));
const entry = fileURLToPath(new URL('../src/ops/main.ts', import.meta.url));
type Said = { code: number; stdout: string; stderr: string };

/** Runs the operators' command as they do, on this file's database. */
const ops = async (...args: string[]) => {
  const { DATABASE_URL, REDIS_URL, REDIS_PREFIX } = settings;
  const env = { ...process.env, DATABASE_URL, REDIS_URL, REDIS_PREFIX, INIT_CWD: tmpdir() };
  const said = await promisify(execFile)(process.execPath, ['--import', 'tsx', entry, ...args], {
    cwd: root,
    env,
  }).then(
    ({ stdout, stderr }): Said => ({ code: 0, stdout, stderr }),
    (error: Said) => error,
  );
  return {
    code: said.code,
    said: said.stderr,
    shown: said.code === 0 ? (JSON.parse(said.stdout) as Record<string, unknown>) : undefined,
  };
};

test('an operator suspends an account at once, and lets it in again', async () => {
  const user = await aUser(admin);
  const phone = as(user);
  await phone.call(userRest.getMe, {});
  const tablet = await aSession(admin, user, { pushToken: `token-${user.id}` });

  const { shown } = await ops('suspend', user.phoneNumber, '--reason', 'Spam');

  expect(shown).toEqual({ userId: user.id, suspended: true, sessionsEnded: 2 });
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

  expect((await ops('unsuspend', user.id)).shown).toEqual({ userId: user.id, suspended: false });
  const again = as(user);
  expect((await again.call(userRest.getMe, {})).status).toBe(200);
  const log = await admin.auditLog.findMany({ where: { target: `user:${user.id}` } });
  expect(log.map(({ action, detail }) => [action, detail])).toEqual([
    ['user_suspended', { reason: 'Spam' }],
    ['user_unsuspended', {}],
  ]);
});

test('an operator reads what waits, with its evidence, and says what became of it', async () => {
  const [reporter, reported] = await Promise.all([aUser(admin), aUser(admin)]);
  const { body } = await as(reporter).call(userRest.createReport, {
    targetType: 'user',
    targetId: reported.id,
    reason: 'spam',
    note: 'Look at this',
  });
  expect((await ops('reports')).shown).toMatchObject([
    { id: body.id, target: 'user', targetId: reported.id, reason: 'spam', reports: 1 },
  ]);
  expect((await ops('report', body.id)).shown).toMatchObject({
    note: 'Look at this',
    evidence: [],
  });

  expect((await ops('close', body.id, 'acted')).shown).toMatchObject({ state: 'acted' });
  expect((await ops('reports')).shown).toEqual([]);
  expect(await ops('close', body.id, 'dismissed')).toMatchObject({
    code: 1,
    said: expect.stringContaining('no open report') as unknown,
  });
});

test.each([
  ['nothing', []],
  ['what it does not know', ['promote', randomUUID()]],
  ['half a command', ['suspend']],
  ['an account that is not there', ['suspend', '+910000000000']],
])('told %s, it says in words what is wrong', async (_what, args) => {
  const { code, said } = await ops(...args);
  expect(code).toBe(1);
  expect(said).not.toMatch(/ at |Error/);
});
