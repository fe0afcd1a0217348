import type { ChatDb } from '@taar/db';
import type { Redis } from 'ioredis';
import type { Server, Socket } from 'socket.io';
import type { Commit } from '../core/commit.ts';
import { userRoom, viewRoom } from '../core/room-names.ts';
import { type Audience, findAudience } from './audience.ts';

export type TypingKind = 'text' | 'voice';
type Typist = { chatId: string; userId: string; socketId: string; kind: TypingKind };
type Going = Typist & { timer: NodeJS.Timeout };
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
 * Who types where: told and forgotten, never stored. The node that holds the typist's socket ends
 * it, whether the client says so or not; Redis keeps a hint for those who come to look.
 */
export const createTyping = ({ io, db, rooms, redis, prefix, expiresInMs }: Needs) => {
  const going = new Map<string, Going>();
  const turns = new Map<string, Promise<unknown>>();
  const idOf = (userId: string, chatId: string) => `${userId}:${chatId}`;
  const keyOf = (chatId: string) => `${prefix}:typing:${chatId}`;
  const hint = (writing: Promise<unknown>) => void writing.catch(() => undefined);

  /** What one person does in one chat is told in the order in which they did it. */
  const inTurn = <T>(id: string, step: () => Promise<T>): Promise<T> => {
    const turn = (turns.get(id) ?? Promise.resolve()).then(step, step);
    turns.set(id, turn);
    const forget = () => {
      if (turns.get(id) === turn) turns.delete(id);
    };
    turn.then(forget, forget);
    return turn;
  };

  const placeOf = (chatId: string, { isGroup, peerId, blocked }: Audience) => {
    const room = rooms.known(chatId);
    if (isGroup) return room && viewRoom(chatId, room.epoch);
    return peerId !== null && !blocked.includes(peerId) ? userRoom(peerId) : undefined;
  };

  const tell = (event: Event, { chatId, userId, kind }: Typist, audience: Audience) => {
    const to = placeOf(chatId, audience);
    if (!to) return;
    const others = io.to(to).except([userId, ...audience.blocked].map(userRoom));
    // A start that is lost comes again; a stop does not.
    const sure = event === 'typing_stop' ? others : others.volatile;
    sure.emit(event, { chatId, userId, kind, expiresInMs });
  };

  const end = async ({ timer, ...typist }: Going) => {
    const { userId, chatId, kind } = typist;
    clearTimeout(timer);
    going.delete(idOf(userId, chatId));
    hint(redis.zrem(keyOf(chatId), `${userId}:${kind}`));
    const audience = await findAudience(db, userId, chatId);
    if (audience) tell('typing_stop', typist, audience);
  };

  const stop = async (userId: string, chatId: string) => {
    const id = idOf(userId, chatId);
    if (!going.has(id) && !turns.has(id)) return;
    await inTurn(id, async () => {
      const typing = going.get(id);
      if (typing) await end(typing);
    });
  };
  /** Where it fails, phones end it by themselves. */
  const stopSoon = (userId: string, chatId: string) => hint(stop(userId, chatId));

  const start = async (socket: Socket, typist: Typist): Promise<boolean> => {
    const { userId, chatId, kind } = typist;
    const audience = await findAudience(db, userId, chatId);
    const room = rooms.known(chatId);
    if (!audience || !room || !socket.rooms.has(room.name)) return false;
    const before = going.get(idOf(userId, chatId));
    clearTimeout(before?.timer);
    const timer = setTimeout(() => stopSoon(userId, chatId), expiresInMs);
    going.set(idOf(userId, chatId), { ...typist, timer });
    const key = keyOf(chatId);
    const change = redis.pipeline();
    if (before && before.kind !== kind) change.zrem(key, `${userId}:${before.kind}`);
    hint(
      change
        .zadd(key, Date.now() + expiresInMs, `${userId}:${kind}`)
        .pexpire(key, expiresInMs)
        .exec(),
    );
    tell('typing_start', typist, audience);
    return true;
  };

  return {
    expiresInMs,
    /** False where this socket's user is not in the chat. */
    start: (socket: Socket, typist: Typist): Promise<boolean> =>
      inTurn(idOf(typist.userId, typist.chatId), () => start(socket, typist)),
    stop,
    /** A sender has finished typing. */
    stopSenders: ({ chatId, changes }: Commit) => {
      for (const change of changes)
        if (change.event === 'message_received' && change.payload.message.senderId !== null)
          stopSoon(change.payload.message.senderId, chatId);
    },
    leave: (socketId: string) => {
      for (const typing of going.values())
        if (typing.socketId === socketId) stopSoon(typing.userId, typing.chatId);
    },

    /** Who types in a chat right now, for somebody who comes to look at it. */
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
export type Typing = ReturnType<typeof createTyping>;
