import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { aGroup, aMessage, aSession, aUser } from '@taar/testing/factories';
import { runOps } from '../src/ops/run-ops.ts';
import { startUser } from './start.ts';

const { admin, settings } = await startUser();
const { DATABASE_URL, REDIS_URL, REDIS_PREFIX } = settings;
const noStack = join(tmpdir(), randomUUID());
const trace = (id: string) =>
  runOps({ DATABASE_URL, REDIS_URL, REDIS_PREFIX }, noStack, ['trace', id]);

test('trace shows deliveries, pushes and suppression reasons of a message, and not its content', async () => {
  const [owner, reader, away] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
  const group = await aGroup(admin, { owner, members: [reader, away] });
  const message = await aMessage(admin, group, owner, { content: 'a secret' });
  const { id: sessionId } = await aSession(admin, away, { platform: 'ios' });
  await admin.chatMember.update({
    where: { chatId_userId: { chatId: group.id, userId: reader.id } },
    data: { lastDeliveredSeq: 1, lastReadSeq: 1 },
  });
  await admin.messageReceipt.createMany({
    data: ['d', 'r'].map((kind) => ({ chatId: group.id, userId: reader.id, kind, upToSeq: 1 })),
  });
  await admin.pushAttempt.create({
    data: { messageId: message.id, userId: away.id, sessionId, state: 'skipped', error: 'muted' },
  });
  await admin.outbox.create({
    data: { topic: 'push.ios', payload: { messageId: message.id }, lastError: 'quota' },
  });

  const shown = (await trace(message.id)) as { members: { userId: string }[] };

  expect(shown).toMatchObject({
    message: { id: message.id, seq: 1, senderId: owner.id, members: 3, hiddenByBlock: false },
    pushes: [{ userId: away.id, sessionId, platform: 'ios', state: 'skipped', error: 'muted' }],
    jobs: [{ topic: 'push.ios', lastError: 'quota', deadAt: null }],
  });
  const memberOf = (id: string) => shown.members.find(({ userId }) => userId === id);
  expect(memberOf(reader.id)).toMatchObject({ delivered: true, read: true });
  expect(memberOf(away.id)).toMatchObject({ delivered: false, read: false, readAt: null });
  expect(JSON.stringify(shown)).not.toContain('a secret');
});

test('trace of an unknown message fails with a message for the operator', async () => {
  await expect(trace(randomUUID())).rejects.toThrow('There is no message');
  await expect(trace('x')).rejects.toThrow('There is no message x.');
});
