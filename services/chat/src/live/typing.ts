import type { ChatDb } from '@taar/db';
import type { Redis } from 'ioredis';
import type { Server, Socket } from 'socket.io';
import type { Commit } from '../core/commit.ts';
import { userRoom, viewRoom } from '../core/room-names.ts';
import { type Audience, findAudience } from './audience.ts';

export type TypingKind = 'text' | 'voice';
type Typing = { chatId: string; userId: string; socketId: string; kind: TypingKind };
type TimedTyping = Typing & { timer: NodeJS.Timeout };
type Event = 'typing_start' | 'typing_stop';

type Needs = {
  io: Server;
  db: Pick<ChatDb, '$queryRaw'>;
  rooms: { known: (chatId: string) => { name: string; epoch: number } | undefined };
  redis: Redis;
  prefix: string;
  expiresInMs: number;
};

/**
 * Emits who types in which chat; nothing is stored. The node of the user's socket ends the typing
 * after `expiresInMs`, even if the client does not. Redis has a copy for members who open the chat.
 */
export const createTypingUsers = ({ io, db, rooms, redis, prefix, expiresInMs }: Needs) => {
  const active = new Map<string, TimedTyping>();
  const inOrder = createInOrder();
  const idOf = (userId: string, chatId: string) => `${userId}:${chatId}`;
  const keyOf = (chatId: string) => `${prefix}:typing:${chatId}`;

  const roomFor = (chatId: string, { isGroup, peerId, blocked }: Audience) => {
    const room = rooms.known(chatId);
    if (isGroup) return room && viewRoom(chatId, room.epoch);
    return peerId !== null && !blocked.includes(peerId) ? userRoom(peerId) : undefined;
  };

  const emitTyping = (event: Event, { chatId, userId, kind }: Typing, audience: Audience) => {
    const room = roomFor(chatId, audience);
    if (!room) return;
    const others = io.to(room).except([userId, ...audience.blocked].map(userRoom));
    // The client repeats a start, so it may be dropped for a slow consumer; a stop may not.
    const sender = event === 'typing_stop' ? others : others.volatile;
    sender.emit(event, { chatId, userId, kind, expiresInMs });
  };

  const end = async ({ timer, ...typing }: TimedTyping) => {
    const { userId, chatId, kind } = typing;
    clearTimeout(timer);
    active.delete(idOf(userId, chatId));
    ignoreFailure(redis.zrem(keyOf(chatId), `${userId}:${kind}`));
    const audience = await findAudience(db, userId, chatId);
    if (audience) emitTyping('typing_stop', typing, audience);
  };

  const stop = async (userId: string, chatId: string) => {
    const id = idOf(userId, chatId);
    if (!active.has(id) && !inOrder.isBusy(id)) return;
    await inOrder.run(id, async () => {
      const typing = active.get(id);
      if (typing) await end(typing);
    });
  };
  /** After a failure the clients end the typing themselves, after `expiresInMs`. */
  const stopInBackground = (userId: string, chatId: string) => ignoreFailure(stop(userId, chatId));

  const start = async (socket: Socket, typing: Typing): Promise<boolean> => {
    const { userId, chatId, kind } = typing;
    const audience = await findAudience(db, userId, chatId);
    const room = rooms.known(chatId);
    if (!audience || !room || !socket.rooms.has(room.name)) return false;
    const before = active.get(idOf(userId, chatId));
    clearTimeout(before?.timer);
    const timer = setTimeout(() => stopInBackground(userId, chatId), expiresInMs);
    active.set(idOf(userId, chatId), { ...typing, timer });
    const key = keyOf(chatId);
    const change = redis.pipeline();
    if (before && before.kind !== kind) change.zrem(key, `${userId}:${before.kind}`);
    change.zadd(key, Date.now() + expiresInMs, `${userId}:${kind}`).pexpire(key, expiresInMs);
    ignoreFailure(change.exec());
    emitTyping('typing_start', typing, audience);
    return true;
  };

  return {
    expiresInMs,
    /** Resolves to false if the user is no member, or the socket is not in the chat's room yet. */
    start: (socket: Socket, typing: Typing): Promise<boolean> =>
      inOrder.run(idOf(typing.userId, typing.chatId), () => start(socket, typing)),
    stop,
    /** Ends the typing of the senders of new messages. */
    stopSenders: ({ chatId, changes }: Commit) => {
      for (const change of changes)
        if (change.event === 'message_received' && change.payload.message.senderId !== null)
          stopInBackground(change.payload.message.senderId, chatId);
    },
    /** Ends the typing of a socket that disconnected. */
    leave: (socketId: string) => {
      for (const typing of active.values())
        if (typing.socketId === socketId) stopInBackground(typing.userId, typing.chatId);
    },

    /** The users who type in a chat at this moment, but for the viewer and users behind a block. */
    list: async (viewerId: string, chatId: string) => {
      const audience = await findAudience(db, viewerId, chatId);
      const found = await redis
        .zrangebyscore(keyOf(chatId), Date.now(), '+inf')
        .catch((): string[] => []);
      return found
        .map((member) => ({
          userId: member.slice(0, member.indexOf(':')),
          kind: member.slice(member.indexOf(':') + 1) as TypingKind,
        }))
        .filter(({ userId }) => userId !== viewerId && !audience?.blocked.includes(userId));
    },
  };
};
export type TypingUsers = ReturnType<typeof createTypingUsers>;

/** Runs the tasks of one id after each other: starts and stops are emitted in their order. */
const createInOrder = () => {
  const last = new Map<string, Promise<unknown>>();
  return {
    isBusy: (id: string) => last.has(id),
    run: <T>(id: string, task: () => Promise<T>): Promise<T> => {
      const running = (last.get(id) ?? Promise.resolve()).then(task, task);
      last.set(id, running);
      const forget = () => {
        if (last.get(id) === running) last.delete(id);
      };
      running.then(forget, forget);
      return running;
    },
  };
};

const ignoreFailure = (work: Promise<unknown>) => void work.catch(() => undefined);
