import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { expect } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { topics } from '@taar/runtime/topics';
import { startBalancer } from '@taar/testing/balancer';
import { aBlock, aDirectChat, aUser } from '@taar/testing/factories';
import { startTestFcm } from '@taar/testing/fcm';
import type { Person } from '@taar/testing/people';
import type { Phone } from '@taar/testing/phone';
import { startOwnRedis } from '@taar/testing/redis';
import { createSurroundings } from '@taar/testing/surroundings';
import { Redis } from 'ioredis';
import { sendHeartbeats, shortLeases } from './presence.ts';
import { startProcess } from './processes.ts';
import { startNode } from './start.ts';
import { until } from './wait.ts';

type Fcm = Awaited<ReturnType<typeof startTestFcm>>;

/** A phone that reports deliveries like the app, and records the pushes that reach it. */
const aPhone = (person: Person, fcm: Fcm, pushToken: string) => {
  let phone: Phone | undefined;
  let stopHeartbeats = () => {};
  const live = () => phone!;
  const reportDelivery = (chatId: string, upToSeq: number) =>
    phone?.socket.emit('message_received', { chatId, upToSeq }, () => undefined);

  return {
    person,
    live,
    /** Opens the app in the foreground, which fetches and reports what the phone missed. */
    open: async () => {
      phone = await person.connect();
      stopHeartbeats = sendHeartbeats(phone);
      phone.socket.on('message_received', ({ message }) =>
        reportDelivery(message.chatId, message.seq),
      );
      const { items } = (await person.call(chatRest.listChats, {})).body;
      for (const { id, lastSeq } of items) reportDelivery(id, lastSeq);
    },
    background: async () => {
      stopHeartbeats();
      await live().ask('last_seen_update', { state: 'background' });
    },
    off: () => {
      stopHeartbeats();
      live().close();
    },
    next: (type: string) => fcm.next(pushToken, ({ data }) => data?.['type'] === type),
    /** The types of all pushes to this phone, in order. */
    pushed: () => fcm.pushes(pushToken).map(({ data }) => data!['type']),
  };
};

/** A node behind a balancer, on a Redis that a test can empty, with FCM on loopback. */
export const startTwoPhones = async () => {
  const [fcm, redis, network, { env, as, admin }] = await Promise.all([
    startTestFcm(),
    startOwnRedis(),
    startBalancer(),
    createSurroundings('chat'),
  ]);
  const settings = {
    ...env,
    ...shortLeases(),
    REDIS_URL: redis.url,
    FCM_LOCAL_URL: fcm.url,
    FIREBASE_PROJECT: 'demo-taar',
    TYPING_MS: '2000',
    PUSH_LATER_MS: '600',
    PUSH_POLL_MS: '50',
  };
  const { url } = await startNode(settings);
  network.spreadOver(url);

  const phoneOf = async (user: { id: string }, platform: string, at = url) => {
    const person = as(at)(user);
    const pushToken = fcm.token();
    const { id } = await person.session();
    await admin.session.update({ where: { id }, data: { pushToken, platform } });
    return aPhone(person, fcm, pushToken);
  };

  /** Asha with two phones, which connect to `ashasUrl`, and Biren with one. */
  const friends = async (ashasUrl = url) => {
    const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
    const { id: chatId } = await aDirectChat(admin, asha, biren);
    const [first, second, birens] = await Promise.all([
      phoneOf(asha, 'android', ashasUrl),
      phoneOf(asha, 'ios', ashasUrl),
      phoneOf(biren, 'android'),
    ]);
    const ashasWebApp = as(url)(asha);
    let lastSeq = 0;

    /** What the screens show: ticks and presence to Biren, unread count and badge to Asha. */
    const shown = async () => {
      const [birensView, ashasView] = await Promise.all([
        birens.person.call(chatRest.getChat, { chatId }),
        ashasWebApp.call(chatRest.listChats, {}),
      ]);
      const { readByAllUpToSeq, deliveredToAllUpToSeq } = birensView.body.receipts!;
      const tick = deliveredToAllUpToSeq >= lastSeq ? 'delivered' : 'sent';
      return {
        tick: readByAllUpToSeq >= lastSeq ? 'read' : tick,
        online: birensView.body.peer!.presence.online,
        unread: ashasView.body.items[0]!.my.unreadCount,
        badge: ashasView.body.totals!.unreadMessages,
      };
    };
    type Shown = Awaited<ReturnType<typeof shown>>;

    return {
      asha,
      biren,
      chatId,
      first,
      second,
      birens,
      birenSends: async () => {
        const message = { chatId, clientMessageId: randomUUID(), content: 'Kemon aso?' };
        const ack = await birens.live().ask('send_message', message);
        if (!ack.ok) throw new Error(ack.error.code);
        lastSeq = ack.data.message.seq;
        return ack.data.message;
      },
      /** Waits until the screens show exactly this. */
      untilShown: async (expected: Shown) => {
        let last: Shown | undefined;
        await until('the screens show it', async () => {
          last = await shown();
          return isDeepStrictEqual(last, expected);
        }).catch(() => expect(last).toEqual(expected));
      },
      /** Asha blocks Biren, as the user service stores it. */
      block: async () => {
        await aBlock(admin, asha, biren);
        const payload = { otherId: biren.id };
        await admin.outbox.create({ data: { topic: topics.hidePresence, key: asha.id, payload } });
      },
    };
  };

  return {
    friends,
    network: {
      url: network.url,
      cut: () => {
        network.spreadOver();
        network.reset();
      },
      mend: () => network.spreadOver(url),
    },
    /** A node to which the network leads until the answered function kills it. */
    startKillableNode: async () => {
      const killable = await startProcess(settings);
      network.spreadOver(killable.url);
      return async () => {
        await killable.end('SIGKILL');
        network.spreadOver(url);
      };
    },
    emptyRedis: async () => {
      const client = new Redis(redis.url);
      await client.flushall();
      client.disconnect();
    },
    /** Resolves when no push job is left, neither a due nor a later one. */
    untilPushed: () =>
      until('all push jobs are done', async () => {
        const open = { doneAt: null, deadAt: null };
        const jobs = await admin.outbox.findMany({ where: open, select: { topic: true } });
        return !jobs.some(({ topic }) => /^(message|push)\./.test(topic));
      }),
  };
};
