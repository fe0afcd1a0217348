import { type Envelope, type Publish, eventsChannel, readEnvelope } from '@taar/kit/publish';
import type { Redis } from 'ioredis';
import type { Server } from 'socket.io';
import { closeSession } from '../live/sessions.ts';
import { sessionRoom, userRoom } from './rooms.ts';

const event = 'notify';

const deliver = (io: Server, { event: name, audience, payload }: Envelope) => {
  if (name === 'closing' && 'sessions' in audience) {
    for (const id of audience.sessions)
      closeSession(io, id, (payload as { reason: 'session_revoked' }).reason);
    return;
  }
  const rooms =
    'users' in audience ? audience.users.map(userRoom) : audience.sessions.map(sessionRoom);
  if (rooms.length > 0) io.local.to(rooms).emit(name, payload);
};

/** Delivers to this node's sockets what other services publish. */
export const followEvents = (io: Server, sub: Redis, prefix: string) => {
  const channel = eventsChannel(prefix);
  sub.on('message', (from: string, text: string) => {
    if (from !== channel) return;
    const envelope = readEnvelope(text);
    if (envelope) deliver(io, envelope);
  });
  sub.subscribe(channel).catch(() => undefined);
};

/** The same from within chat: this node's sockets at once, the others' over the bus. */
export const createNotify = (io: Server): Publish => {
  io.on(event, (envelope: Envelope) => deliver(io, envelope));
  return (name, audience, payload) => {
    const envelope = { event: name, audience, payload };
    deliver(io, envelope);
    io.serverSideEmit(event, envelope);
  };
};
