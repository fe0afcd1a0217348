import { type Client, type Connect, type Database, createDatabase } from '@taar/client';
import type { Person } from '@taar/testing/people';
import { aDevice, lossy } from '../devices.ts';

/** Somebody's device through everything that happens to it. */
export type Device = {
  person: Person;
  url: string;
  /** While it is online. */
  client: Client | undefined;
  database: Database;
  /** What it knew at some instant before, in whatever it was then. */
  backup: Database;
  /** Whether a fifth of all events gets lost on the way into it. */
  losing: boolean;
  /** Everything that was sent to it, lost or not. */
  heard: { event: string; payload: unknown }[];
  /** What it was told to send, in this order. */
  sent: { chatId: string; clientMessageId: string }[];
  /** Of these, what the server refused for good. */
  refused: Set<string>;
  /** The server's latest word on what this device ought to have. */
  digest: number | null;
  /** One device does one thing after another. */
  turn: Promise<void>;
};

export const aDeviceOf = (person: Person, url: string): Device => ({
  person,
  url,
  client: undefined,
  database: createDatabase(),
  backup: createDatabase(),
  losing: false,
  heard: [],
  sent: [],
  refused: new Set(),
  digest: null,
  turn: Promise.resolve(),
});

type Answer = { ok: boolean; data?: unknown; error?: { retryable: boolean } };

const noteAnswer = (device: Device, event: string, input: unknown, answer: Answer) => {
  if (event === 'last_seen_update' && answer.ok)
    device.digest = (answer.data as { digest: number }).digest;
  if (event === 'send_message' && answer.error?.retryable === false)
    device.refused.add((input as { clientMessageId: string }).clientMessageId);
};

/** Notes what the device hears, and loses some of it. */
const connectOf = (device: Device): Connect => {
  let arrived = 0;
  const connect = lossy((event, payload) => {
    device.heard.push({ event, payload });
    return device.losing && arrived++ % 5 === 0;
  });
  return (url, options) => {
    const socket = connect(url, options);
    const ask = socket.emitWithAck.bind(socket);
    socket.emitWithAck = async (event: string, ...args: unknown[]) => {
      const answer = (await ask(event, ...args)) as Answer;
      noteAnswer(device, event, args[0], answer);
      return answer;
    };
    return socket;
  };
};

const inTurn = (device: Device, work: () => Promise<void>) =>
  (device.turn = device.turn.then(work));

export const goOffline = (device: Device) =>
  inTurn(device, async () => {
    const { client } = device;
    device.client = undefined;
    await client?.stop();
  });

/** The same device again, with what it knew and what it had not sent. */
export const comeBack = (device: Device) =>
  inTurn(device, async () => {
    device.client ??= await aDevice(device.url, device.person, {
      database: device.database,
      heartbeatMs: 200,
      perChat: 3,
      budget: 5,
      connect: connectOf(device),
    });
  });

/** It starts again from nothing, but for what its disk still has to send. */
export const loseMemory = async (device: Device) => {
  await goOffline(device);
  await inTurn(device, async () => {
    device.database = createDatabase();
  });
  await comeBack(device);
};

export const keepBackup = async (device: Device) => {
  device.backup = structuredClone(device.database);
};

/** It was killed then, or is another device to which what was kept then was brought. */
export const restoreBackup = async (device: Device) => {
  await goOffline(device);
  await inTurn(device, async () => {
    device.database = structuredClone(device.backup);
  });
  await comeBack(device);
};

const monthMs = 31 * 24 * 60 * 60 * 1_000;

/** It was last online so long ago that the server does not remember which chats to look at. */
export const sleepForAMonth = async (device: Device) => {
  await goOffline(device);
  await inTurn(device, async () => {
    const { since } = device.database;
    const [epoch, at] = since?.split('.') ?? [];
    if (epoch !== undefined) device.database.since = `${epoch}.${Number(at) - monthMs}`;
  });
};
