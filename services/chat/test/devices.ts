import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Client,
  type Connect,
  type Database,
  createClient,
  messagesOf,
  unreadOf,
} from '@taar/client';
import { createFileStore } from '@taar/client/file-store';
import { type Chat, type Message, chatRest } from '@taar/contracts';
import { atEnd } from '@taar/testing/at-end';
import type { Person } from '@taar/testing/people';
import { type Socket, io } from 'socket.io-client';

const folder = await mkdtemp(join(tmpdir(), 'taar-devices-'));
atEnd(() => rm(folder, { recursive: true, force: true }));

type DeviceOptions = Partial<Parameters<typeof createClient>[0]>;

/** The reference client on a device of this person, with a disk of its own. */
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

/** Drops events on their way into the client, as `lose` decides. Acks still come. */
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

/** Counts what a client asks for. */
export const counting = (inner: (...args: Parameters<Connect>) => Socket = io) => {
  const sent = new Map<string, number>();
  const connect: Connect = (url, options) => {
    const socket = inner(url, options);
    socket.onAnyOutgoing((event: string) => sent.set(event, (sent.get(event) ?? 0) + 1));
    return socket;
  };
  return { connect, sent: (event: string) => sent.get(event) ?? 0 };
};

export const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms);
  });

export const until = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 20_000,
) => {
  const giveUpAt = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new Error(`It did not come to pass: ${what}.`);
    await pause(10);
  }
};

/** Connected, everything sent, everything fetched. */
export const settled = async (client: Client) => {
  await until('the client is connected', client.isReady);
  await until('its outbox is empty', () => client.unsent() === 0);
  await client.sync();
};

const viewOfChat = ({ id, name, description, avatarUrl, settings, ...chat }: Chat) => ({
  id,
  about: { name, description, avatarUrl, settings },
  origin: [chat.isGroup, chat.createdBy, chat.createdAt, chat.peer?.id],
  members: [chat.memberCount, chat.memberEpoch],
  my: {
    role: chat.my.role,
    membership: chat.my.membership,
    lastReadSeq: chat.my.lastReadSeq,
    markedUnread: chat.my.markedUnread,
    mutedUntil: chat.my.mutedUntil,
    pinnedAt: chat.my.pinnedAt,
    archived: chat.my.archived,
    clearedBeforeSeq: chat.my.clearedBeforeSeq,
    joinedSeq: chat.my.joinedSeq,
    leftSeq: chat.my.leftSeq,
  },
});

const mentionsOf = (db: Database, { id, my }: Chat) =>
  messagesOf(db, id).filter(
    ({ seq, senderId, mentions }) =>
      seq > my.lastReadSeq && senderId !== db.userId && mentions.includes(db.userId!),
  ).length;

const viewsOf = (db: Database, isActive: boolean) =>
  [...db.chats.values()]
    .filter(({ chat: { my } }) => !my.hidden && (my.membership === 'active') === isActive)
    .sort((a, b) => (a.chat.id < b.chat.id ? -1 : 1))
    .map(({ chat, changeSeq }) => {
      const messages = messagesOf(db, chat.id);
      return {
        ...viewOfChat(chat),
        changeSeq,
        lastSeq: chat.lastSeq,
        unread: [unreadOf(db, chat.id), mentionsOf(db, chat)],
        last: messages.at(-1) ?? null,
        messages,
      };
    });

/** What a client has of every chat that it would list. */
export const viewOf = (db: Database) => viewsOf(db, true);

/** Of chats that were left: what may still be read, as it was then, but for what was deleted. */
export const formerViewOf = (db: Database) => viewsOf(db, false);

const allChats = async (person: Person) => {
  const chats: Chat[] = [];
  for (const archived of ['false', 'true'] as unknown as boolean[])
    for (let cursor: string | null | undefined; cursor !== null;) {
      const { status, body } = await person.call(chatRest.listChats, {
        archived,
        ...(cursor !== undefined && { cursor }),
      });
      if (status !== 200) throw new Error(`The list was refused: ${JSON.stringify(body)}`);
      chats.push(...body.items);
      cursor = body.nextCursor;
    }
  return chats;
};

/** What is said of the message it answers is looked up, not kept. */
const withoutPreview = ({ replyTo: _, ...message }: Message) => message;

const pagesOf = async (person: Person, chatId: string, key: 'afterSeq' | 'changedAfter') => {
  const messages = [];
  for (let position: string | null = '0'; position !== null;) {
    const query = { chatId, limit: '100', [key]: position } as never;
    const { body } = await person.call(chatRest.listMessages, query);
    messages.push(...body.items);
    position = body.nextCursor;
  }
  return messages.map(withoutPreview);
};

/** Every message of a chat that REST shows, oldest first. */
export const allMessages = (person: Person, chatId: string) => pagesOf(person, chatId, 'afterSeq');

/** The same, as found by what changed. */
export const changedMessages = async (person: Person, chatId: string) =>
  (await pagesOf(person, chatId, 'changedAfter')).sort((a, b) => a.seq - b.seq);

const viewsOverRest = async (person: Person, isActive: boolean) => {
  const chats = (await allChats(person)).filter(
    ({ my }) => (my.membership === 'active') === isActive,
  );
  return Promise.all(
    chats
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map(async (chat) => ({
        ...viewOfChat(chat),
        changeSeq: chat.changeSeq,
        lastSeq: chat.lastSeq,
        unread: [chat.my.unreadCount, chat.my.mentionCount],
        last: chat.lastMessage && withoutPreview(chat.lastMessage),
        messages: await allMessages(person, chat.id),
      })),
  );
};

/** The same as REST shows it. */
export const viewOverRest = (person: Person) => viewsOverRest(person, true);

export const formerViewOverRest = (person: Person) => viewsOverRest(person, false);

export const starredOverRest = async (person: Person) => {
  const ids: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { body } = await person.call(chatRest.listStarred, {
      ...(cursor !== undefined && { cursor }),
    });
    ids.push(...body.items.map(({ id }) => id));
    cursor = body.nextCursor;
  }
  return ids.toSorted();
};
