import { type Envelope, type Publish, eventsChannel, readEnvelope } from '@taar/kit/publish';
import type { Redis } from 'ioredis';
import type { Server } from 'socket.io';
import { sessionRoom, userRoom } from '../core/room-names.ts';

type Deliver = (envelope: Envelope) => void;
type CloseSession = (io: Server, sessionId: string, reason: 'session_revoked') => void;

const busEvent = 'notify';

/** Emits an event to this node's sockets of its audience, or closes the sessions it names. */
export const createDeliverEvent =
  (io: Server, closeSession: CloseSession): Deliver =>
  ({ event, audience, payload }) => {
    if (event === 'closing' && 'sessions' in audience) {
      const { reason } = payload as { reason: 'session_revoked' };
      for (const id of audience.sessions) closeSession(io, id, reason);
      return;
    }
    const rooms =
      'users' in audience ? audience.users.map(userRoom) : audience.sessions.map(sessionRoom);
    if (rooms.length > 0) io.local.to(rooms).emit(event, payload);
  };

/** Delivers the events that other services publish. */
export const followEvents = (sub: Redis, prefix: string, deliver: Deliver) => {
  const channel = eventsChannel(prefix);
  sub.on('message', (from: string, text: string) => {
    if (from !== channel) return;
    const envelope = readEnvelope(text);
    if (envelope) deliver(envelope);
  });
  sub.subscribe(channel).catch(() => undefined);
};

/** Publishes an event from within chat: to this node at once, to the other nodes over the bus. */
export const createPublishEvent = (io: Server, deliver: Deliver): Publish => {
  io.on(busEvent, deliver);
  return (event, audience, payload) => {
    const envelope = { event, audience, payload };
    deliver(envelope);
    io.serverSideEmit(busEvent, envelope);
  };
};
