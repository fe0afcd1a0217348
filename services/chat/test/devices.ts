import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, type Connect, createClient, messagesOf } from '@taar/client';
import { createFileStore } from '@taar/client/file-store';
import { atEnd } from '@taar/testing/at-end';
import type { Person } from '@taar/testing/people';
import { type Socket, io } from 'socket.io-client';
import { until } from './wait.ts';

const folder = await mkdtemp(join(tmpdir(), 'taar-devices-'));
atEnd(() => rm(folder, { recursive: true, force: true }));

type DeviceOptions = Partial<Parameters<typeof createClient>[0]>;

/** The reference client on a device of this person, with its own outbox file. */
export const aDevice = async (
  url: string,
  person: Person,
  options: DeviceOptions = {},
): Promise<Client> => {
  const { deviceId } = await person.session();
  const client = createClient({
    url,
    token: person.token,
    deviceId,
    store: createFileStore(join(folder, deviceId, 'outbox.jsonl')),
    reconnectMs: 20,
    holdMs: 60,
    ...options,
  });
  atEnd(client.stop);
  client.start();
  return client;
};

/** A connection that drops the events for which `lose` answers true. Acks still arrive. */
export const lossy =
  (lose: (event: string, payload: unknown) => boolean) =>
  (...[url, options]: Parameters<Connect>): Socket => {
    const socket = io(url, options);
    const inner = socket as unknown as { onevent(packet: { data: [string, unknown] }): void };
    const receive = inner.onevent.bind(socket);
    inner.onevent = (packet) => {
      const [event, payload] = packet.data;
      if (event === 'authenticated' || !lose(event, payload)) receive(packet);
    };
    return socket;
  };

type Ask = () => Promise<unknown>;

/** A connection on which `handle` answers each event that expects an ack; `ask` emits it. */
export const intercepting =
  (
    handle: (ask: Ask, event: string, payload: unknown) => Promise<unknown>,
    inner: (...args: Parameters<Connect>) => Socket = io,
  ): Connect =>
  (url, options) => {
    const socket = inner(url, options);
    const ask = socket.emitWithAck.bind(socket);
    socket.emitWithAck = (event: string, ...args: unknown[]) =>
      handle(() => ask(event, ...args), event, args[0]);
    return socket;
  };

/** A connection that counts the events its client emits. */
export const counting = (inner: (...args: Parameters<Connect>) => Socket = io) => {
  const sent = new Map<string, number>();
  const connect: Connect = (url, options) => {
    const socket = inner(url, options);
    socket.onAnyOutgoing((event: string) => sent.set(event, (sent.get(event) ?? 0) + 1));
    return socket;
  };
  return { connect, sent: (event: string) => sent.get(event) ?? 0 };
};

/** Resolves when the client is connected, has sent its outbox and has synced. */
export const untilSynced = async (client: Client) => {
  await until('the client is connected', client.isReady);
  await until('its outbox is empty', () => client.unsent() === 0);
  await client.sync();
};

/** The texts of a chat that a client holds, in the order of their numbers. */
export const contentsOf = (client: Client, chatId: string) =>
  messagesOf(client.database, chatId).map(({ content }) => content);
