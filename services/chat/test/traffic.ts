import { isDeepStrictEqual } from 'node:util';
import { type Client, type Connect, messagesOf } from '@taar/client';
import type { PrismaClient } from '@taar/db';
import { aDirectChat, aGroup, aUser } from '@taar/testing/factories';
import type { As } from '@taar/testing/people';
import { localView, serverView } from './chat-views.ts';
import { aDevice, intercepting, untilSynced } from './devices.ts';
import { pause, until } from './wait.ts';

type Ack = { ms: number; at: number };

/** Records how long each message took from its first attempt to its positive ack. */
const timing = (acks: Ack[]): Connect => {
  const startedAt = new Map<string, number>();
  return intercepting(async (ask, event, payload) => {
    if (event !== 'send_message') return ask();
    const { clientMessageId } = payload as { clientMessageId: string };
    const since = startedAt.get(clientMessageId) ?? performance.now();
    startedAt.set(clientMessageId, since);
    const answer = (await ask()) as { ok: boolean };
    const at = performance.now();
    if (answer.ok) acks.push({ ms: at - since, at });
    return answer;
  });
};

type Nodes = { admin: PrismaClient; at: (url: string) => As; urls: string[] };
type Load = { size: number; everyMs: number };

/** An even number of people who send steadily, to one group and to a direct chat each. */
export const startTraffic = async ({ admin, at, urls }: Nodes, { size, everyMs }: Load) => {
  const users = await Promise.all(Array.from({ length: size }, () => aUser(admin)));
  const group = await aGroup(admin, { owner: users[0]!, members: users.slice(1) });
  const pairs = await Promise.all(
    users.flatMap((user, i) => (i % 2 ? [aDirectChat(admin, users[i - 1]!, user)] : [])),
  );
  const urlOf = (i: number) => urls[i % urls.length]!;
  const people = users.map((user, i) => at(urlOf(i))(user));
  const acks: Ack[] = [];
  const connect = timing(acks);
  const settings = { heartbeatMs: 1_000, holdMs: 200, connect };
  const devices = await Promise.all(people.map((person, i) => aDevice(urlOf(i), person, settings)));
  await Promise.all(devices.map(untilSynced));

  let sending = true;
  let sentCount = 0;
  const keepSending = async (device: Client, who: number) => {
    const sent: Promise<unknown>[] = [];
    await pause((who / size) * everyMs);
    for (let n = 0; sending; n++) {
      const chatId = n % 2 ? group.id : pairs[who >> 1]!.id;
      sent.push(device.send({ chatId, content: `${who}:${n}` }).then(() => (sentCount += 1)));
      await pause(everyMs);
    }
    await Promise.all(sent);
    return sent.length;
  };
  const senders = devices.map(keepSending);

  /** Counts the messages that a device lacks, holds twice or holds out of order, and the gaps. */
  const faults = async () => {
    const counts = await Promise.all(senders);
    const found = { sent: counts.reduce((sum, count) => sum + count), lost: 0, doubled: 0 };
    const order = { outOfOrder: 0, gaps: 0, otherViews: 0 };
    for (const [i, device] of devices.entries()) {
      const view = await serverView(people[i]!);
      const isSame = () => isDeepStrictEqual(localView(device.database), view);
      await until('the device has the view of the server', isSame, 30_000).catch(
        () => order.otherViews++,
      );
      for (const chatId of [group.id, pairs[i >> 1]!.id]) {
        const messages = messagesOf(device.database, chatId);
        order.gaps += messages.filter(({ seq }, n) => seq !== n + 1).length;
        const authors = counts.flatMap((count, who) =>
          chatId === group.id || who >> 1 === i >> 1 ? [{ who, count }] : [],
        );
        for (const { who, count } of authors) {
          const numbers = messages
            .filter(({ senderId }) => senderId === users[who]!.id)
            .map(({ content }) => Number(content!.split(':')[1]));
          const odd = chatId === group.id ? 1 : 0;
          const expected = Array.from({ length: count }, (_, n) => n).filter((n) => n % 2 === odd);
          found.lost += expected.filter((n) => !numbers.includes(n)).length;
          found.doubled += numbers.length - new Set(numbers).size;
          order.outOfOrder += numbers.filter((n, at) => at > 0 && n <= numbers[at - 1]!).length;
        }
      }
    }
    return { ...found, ...order };
  };

  return {
    acks,
    /** Resolves when this many more messages were acknowledged. */
    untilMoreSent: async (count: number, withinMs = 30_000) => {
      const enough = sentCount + count;
      await until(`${count} more messages are sent`, () => sentCount >= enough, withinMs);
    },
    /** Stops sending, waits until everything is delivered, and counts the faults. */
    end: () => {
      sending = false;
      return faults();
    },
  };
};

export const noFaults = { lost: 0, doubled: 0, outOfOrder: 0, gaps: 0, otherViews: 0 };

/** The smallest value that at least this share of the values do not exceed. */
export const quantile = (values: number[], part: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))]!;
