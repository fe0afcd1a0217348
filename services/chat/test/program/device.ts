import { type Client, type Connect, type Database, createDatabase } from '@taar/client';
import type { Person } from '@taar/testing/people';
import { aDevice, intercepting, lossy } from '../devices.ts';

/** A device of a person, online or offline, during a program. */
export type Device = {
  person: Person;
  url: string;
  /** Set while the device is online. */
  client: Client | undefined;
  database: Database;
  /** A copy of its database from an earlier moment. */
  backup: Database;
  /** Whether the device loses a fifth of all events. */
  losing: boolean;
  /** Every event that was sent to the device, lost or not. */
  received: { event: string; payload: unknown }[];
  /** The messages that the device was asked to send, in this order. */
  sent: { chatId: string; clientMessageId: string }[];
  /** Those of them that the server refused for good. */
  refused: Set<string>;
  /** The digest of the device's chats that the server last answered. */
  digest: number | null;
  /** Settles when the latest step of the device is done; steps run one after another. */
  lastStep: Promise<void>;
};

export const aDeviceOf = (person: Person, url: string): Device => ({
  person,
  url,
  client: undefined,
  database: createDatabase(),
  backup: createDatabase(),
  losing: false,
  received: [],
  sent: [],
  refused: new Set(),
  digest: null,
  lastStep: Promise.resolve(),
});

type Answer = { ok: boolean; data?: unknown; error?: { retryable: boolean } };

const recordAnswer = (device: Device, event: string, input: unknown, answer: Answer) => {
  if (event === 'last_seen_update' && answer.ok)
    device.digest = (answer.data as { digest: number }).digest;
  if (event === 'send_message' && answer.error?.retryable === false)
    device.refused.add((input as { clientMessageId: string }).clientMessageId);
};

/** Records the events and acks of the device, and loses some events. */
const connectOf = (device: Device): Connect => {
  let arrived = 0;
  const connect = lossy((event, payload) => {
    device.received.push({ event, payload });
    return device.losing && arrived++ % 5 === 0;
  });
  return intercepting(async (ask, event, input) => {
    const answer = (await ask()) as Answer;
    recordAnswer(device, event, input, answer);
    return answer;
  }, connect);
};

const afterLastStep = (device: Device, work: () => Promise<void>) =>
  (device.lastStep = device.lastStep.then(work));

export const goOffline = (device: Device) =>
  afterLastStep(device, async () => {
    const { client } = device;
    device.client = undefined;
    await client?.stop();
  });

/** Brings the device online with its database and its outbox. */
export const goOnline = (device: Device) =>
  afterLastStep(device, async () => {
    device.client ??= await aDevice(device.url, device.person, {
      database: device.database,
      heartbeatMs: 200,
      perChat: 3,
      budget: 5,
      connect: connectOf(device),
    });
  });

/** Restarts the device with an empty database and the outbox of its disk. */
export const loseDatabase = async (device: Device) => {
  await goOffline(device);
  await afterLastStep(device, async () => {
    device.database = createDatabase();
  });
  await goOnline(device);
};

export const keepBackup = async (device: Device) => {
  device.backup = structuredClone(device.database);
};

/** Restarts the device with an older database, as after a crash or a move to a new phone. */
export const restoreBackup = async (device: Device) => {
  await goOffline(device);
  await afterLastStep(device, async () => {
    device.database = structuredClone(device.backup);
  });
  await goOnline(device);
};

const monthMs = 31 * 24 * 60 * 60 * 1_000;

/** Takes the device offline, and dates its last sync before what the server remembers. */
export const stayOfflineForAMonth = async (device: Device) => {
  await goOffline(device);
  await afterLastStep(device, async () => {
    const { since } = device.database;
    const [epoch, at] = since?.split('.') ?? [];
    if (epoch !== undefined) device.database.since = `${epoch}.${Number(at) - monthMs}`;
  });
};
