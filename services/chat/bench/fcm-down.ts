import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { aDirectChat, aUser } from '@taar/testing/factories';
import { startTestFcm } from '@taar/testing/fcm';
import { createSurroundings } from '@taar/testing/surroundings';
import { startProcess } from '../test/processes.ts';
import { quantile } from '../test/traffic.ts';
import { pause, until } from '../test/wait.ts';

const pairs = 8;
const rounds = 8;
const sendsARound = 40;
const slowMs = 10_000;

/** A node whose recipients are offline, each with a device that has a push token. */
const startNode = async (fcm: Awaited<ReturnType<typeof startTestFcm>>) => {
  const { env, as, admin } = await createSurroundings('chat');
  const settings = { RATE_LIMIT_FACTOR: '10000', FIREBASE_PROJECT: 'demo-taar' };
  const node = await startProcess({ ...env, ...settings, FCM_LOCAL_URL: fcm.url }, 'dist/main.js');
  const senders = await Promise.all(
    Array.from({ length: pairs }, async () => {
      const [sender, recipient] = await Promise.all([aUser(admin), aUser(admin)]);
      const { id: chatId } = await aDirectChat(admin, sender, recipient);
      const { id } = await as(node.url)(recipient).session();
      const pushToken = fcm.token();
      await admin.session.update({ where: { id }, data: { pushToken, platform: 'android' } });
      return { chatId, pushToken, phone: await as(node.url)(sender).connect() };
    }),
  );
  const times: number[] = [];

  return {
    admin,
    times,
    tokens: senders.map(({ pushToken }) => pushToken),
    round: () =>
      Promise.all(
        senders.map(async ({ chatId, phone }) => {
          for (let i = 0; i < sendsARound; i++) {
            const startedAt = performance.now();
            const message = { chatId, clientMessageId: randomUUID(), content: 'hello' };
            expect(await phone.ask('send_message', message)).toMatchObject({ ok: true });
            times.push(performance.now() - startedAt);
          }
        }),
      ),
  };
};

test('measures sends while FCM answers, is away or is slow', async () => {
  const [answering, away, slow] = await Promise.all([1, 2, 3].map(() => startTestFcm()));
  const nodes = await Promise.all([answering!, away!, slow!].map(startNode));
  await away!.close();
  for (const token of nodes[2]!.tokens)
    slow!.answer(token, async () => {
      await pause(slowMs);
      return undefined;
    });

  // In turns, so that other load on the machine meets all three alike.
  for (let i = 0; i <= rounds; i++)
    for (const node of nodes) {
      if (i === 1) node.times.length = 0;
      await node.round();
    }

  const [baseline, ...others] = nodes.map(({ times }) => ({
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
  }));
  const lines = others.map(({ p50, p99 }, i) => {
    const ratio = `× ${(p50 / baseline!.p50).toFixed(2)} and × ${(p99 / baseline!.p99).toFixed(2)}`;
    return (
      `FCM ${['away', 'slow'][i]!}: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${ratio}, ` +
      `p99 ${(p99 - baseline!.p99).toFixed(1)} ms more`
    );
  });
  process.stdout.write(
    `FCM answers: p50 ${baseline!.p50.toFixed(1)} ms, p99 ${baseline!.p99.toFixed(1)} ms\n${lines.join('\n')}\n`,
  );

  // Of all messages, one push a device waits for FCM.
  const { admin } = nodes[1]!;
  const waiting = { topic: 'push.android', doneAt: null, deadAt: null };
  await until(
    'the waiting pushes have collapsed',
    async () => {
      const jobs = await admin.outbox.count({ where: waiting });
      return jobs > 0 && jobs <= pairs;
    },
    120_000,
  );
}, 600_000);
