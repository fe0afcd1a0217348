import { isDeepStrictEqual } from 'node:util';
import { type Client, type Connect, messagesOf } from '@taar/client';
import type { PrismaClient } from '@taar/db';
import { aDirectChat, aGroup, aUser } from '@taar/testing/factories';
import type { As } from '@taar/testing/people';
import { io } from 'socket.io-client';
import { aDevice, pause, settled, until, viewOf, viewOverRest } from './devices.ts';

type Ack = { ms: number; at: number };

/** Notes how long each message took from its first attempt to the ack that ended it. */
const timing = (acks: Ack[]): Connect => {
  const begun = new Map<string, number>();
  return (url, options) => {
    const socket = io(url, options);
    const ask = socket.emitWithAck.bind(socket);
    socket.emitWithAck = async (event: string, ...args: unknown[]) => {
      if (event !== 'send_message') return ask(event, ...args);
      const { clientMessageId } = args[0] as { clientMessageId: string };
      const since = begun.get(clientMessageId) ?? performance.now();
      begun.set(clientMessageId, since);
      const answer = (await ask(event, ...args)) as { ok: boolean };
      const at = performance.now();
      if (answer.ok) acks.push({ ms: at - since, at });
      return answer;
    };
    return socket;
  };
};

type Where = { admin: PrismaClient; at: (url: string) => As; urls: string[] };
type How = { size: number; everyMs: number };

/** An even number of people in one group and in chats of two, all writing steadily. */
export const startTalk = async ({ admin, at, urls }: Where, { size, everyMs }: How) => {
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
  const devices = await Promise.all(people.map((one, i) => aDevice(urlOf(i), one, settings)));
  await Promise.all(devices.map(settled));

  let talking = true;
  let said = 0;
  const talk = async (device: Client, who: number) => {
    const sent: Promise<unknown>[] = [];
    await pause((who / size) * everyMs);
    for (let n = 0; talking; n++) {
      const chatId = n % 2 ? group.id : pairs[who >> 1]!.id;
      sent.push(device.send({ chatId, content: `${who}:${n}` }).then(() => (said += 1)));
      await pause(everyMs);
    }
    await Promise.all(sent);
    return sent.length;
  };
  const talks = devices.map(talk);

  /** What of all that was sent is not on every device exactly once, in order and without a gap. */
  const faults = async () => {
    const counts = await Promise.all(talks);
    const found = { sent: counts.reduce((sum, count) => sum + count), lost: 0, doubled: 0 };
    const order = { outOfOrder: 0, gaps: 0, otherViews: 0 };
    for (const [i, device] of devices.entries()) {
      const view = await viewOverRest(people[i]!);
      const isSame = () => isDeepStrictEqual(viewOf(device.database), view);
      await until('it has the view of the server', isSame, 30_000).catch(() => order.otherViews++);
      for (const chatId of [group.id, pairs[i >> 1]!.id]) {
        const messages = messagesOf(device.database, chatId);
        order.gaps += messages.filter(({ seq }, n) => seq !== n + 1).length;
        const speakers = counts.flatMap((count, who) =>
          chatId === group.id || who >> 1 === i >> 1 ? [{ who, count }] : [],
        );
        for (const { who, count } of speakers) {
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
    sayMore: async (count: number, withinMs = 30_000) => {
      const enough = said + count;
      await until(`${count} more are said`, () => said >= enough, withinMs);
    },
    /** Ends the talk, waits until everything is delivered, and counts what is wrong. */
    end: () => {
      talking = false;
      return faults();
    },
  };
};

export const nothingWrong = { lost: 0, doubled: 0, outOfOrder: 0, gaps: 0, otherViews: 0 };

/** The value below which this part of them lie. */
export const quantile = (values: number[], part: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))]!;
