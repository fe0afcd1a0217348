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
import { until } from './devices.ts';
import { hurried, keepBeating } from './presence.ts';
import { startProcess } from './processes.ts';
import { startNode } from './start.ts';

type Fcm = Awaited<ReturnType<typeof startTestFcm>>;

/** A phone with the app on it: says what it has, and shows notifications that it is sent. */
const aPhone = (person: Person, fcm: Fcm, pushToken: string) => {
  let phone: Phone | undefined;
  let rest = () => {};
  const now = () => phone!;
  const has = (chatId: string, upToSeq: number) =>
    phone?.socket.emit('message_received', { chatId, upToSeq }, () => undefined);

  return {
    person,
    now,
    /** The app comes to the foreground anew, and fetches what it missed. */
    open: async () => {
      phone = await person.connect();
      rest = keepBeating(phone);
      phone.socket.on('message_received', ({ message }) => has(message.chatId, message.seq));
      const { items } = (await person.call(chatRest.listChats, {})).body;
      for (const { id, lastSeq } of items) has(id, lastSeq);
    },
    background: async () => {
      rest();
      await now().ask('last_seen_update', { state: 'background' });
    },
    off: () => {
      rest();
      now().close();
    },
    next: (type: string) => fcm.next(pushToken, ({ data }) => data?.['type'] === type),
    /** Everything that it was sent by push, in order. */
    pushed: () => fcm.pushes(pushToken).map(({ data }) => data!['type']),
  };
};

/** Asha with two phones and Biren with one, in a chat, on nodes where everything may break. */
export const startWorld = async () => {
  const [fcm, redis, network, { env, as, admin }] = await Promise.all([
    startTestFcm(),
    startOwnRedis(),
    startBalancer(),
    createSurroundings('chat'),
  ]);
  const settings = {
    ...env,
    ...hurried(),
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

  const people = async (hers = url) => {
    const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
    const { id: chatId } = await aDirectChat(admin, asha, biren);
    const [first, second, his] = await Promise.all([
      phoneOf(asha, 'android', hers),
      phoneOf(asha, 'ios', hers),
      phoneOf(biren, 'android'),
    ]);
    const mine = as(url)(asha);
    let lastSeq = 0;

    /** What the screens say: ticks and presence on his, the count and the icon on hers. */
    const shown = async () => {
      const [seen, own] = await Promise.all([
        his.person.call(chatRest.getChat, { chatId }),
        mine.call(chatRest.listChats, {}),
      ]);
      const { readByAllUpToSeq, deliveredToAllUpToSeq } = seen.body.receipts!;
      const tick = deliveredToAllUpToSeq >= lastSeq ? 'delivered' : 'sent';
      return {
        tick: readByAllUpToSeq >= lastSeq ? 'read' : tick,
        online: seen.body.peer!.presence.online,
        unread: own.body.items[0]!.my.unreadCount,
        icon: own.body.totals!.unreadMessages,
      };
    };
    type Shown = Awaited<ReturnType<typeof shown>>;

    return {
      asha,
      biren,
      chatId,
      first,
      second,
      his,
      hisMessage: async () => {
        const message = { chatId, clientMessageId: randomUUID(), content: 'Kemon aso?' };
        const ack = await his.now().ask('send_message', message);
        if (!ack.ok) throw new Error(ack.error.code);
        lastSeq = ack.data.message.seq;
        return ack.data.message;
      },
      /** Waits until the screens say exactly this. */
      show: async (expected: Shown) => {
        let last: Shown | undefined;
        await until('it is shown', async () => {
          last = await shown();
          return isDeepStrictEqual(last, expected);
        }).catch(() => expect(last).toEqual(expected));
      },
      /** As the user service does it. */
      block: async () => {
        await aBlock(admin, asha, biren);
        const payload = { otherId: biren.id };
        await admin.outbox.create({ data: { topic: topics.hidePresence, key: asha.id, payload } });
      },
    };
  };

  return {
    people,
    network: {
      url: network.url,
      cut: () => {
        network.spreadOver();
        network.reset();
      },
      mend: () => network.spreadOver(url),
    },
    /** A node that the network leads to until it is killed. */
    startDoomed: async () => {
      const doomed = await startProcess(settings);
      network.spreadOver(doomed.url);
      return async () => {
        await doomed.end('SIGKILL');
        network.spreadOver(url);
      };
    },
    emptyRedis: async () => {
      const client = new Redis(redis.url);
      await client.flushall();
      client.disconnect();
    },
    /** Resolves when nobody is to be pushed to any more, soon or later. */
    quiet: () =>
      until('all pushes are worked', async () => {
        const open = { doneAt: null, deadAt: null };
        const jobs = await admin.outbox.findMany({ where: open, select: { topic: true } });
        return !jobs.some(({ topic }) => /^(message|push)\./.test(topic));
      }),
  };
};
