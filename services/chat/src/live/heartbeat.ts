import type { Body, Input, clientEvents } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Socket } from 'socket.io';
import type { Deps } from '../deps.ts';
import { readDigest } from '../core/read-digest.ts';

export const heartbeat = async (
  { db, sessionSockets, views }: Pick<Deps, 'db' | 'sessionSockets' | 'views'>,
  actor: Actor,
  { state }: Input<typeof clientEvents.last_seen_update>,
  socket: Socket,
): Promise<Body<typeof clientEvents.last_seen_update>> => {
  const holder = { ...actor, socketId: actor.socketId! };
  // A socket that disconnected before this event was handled has ended its lease already.
  if (socket.connected) sessionSockets.setActivity(socket, actor, state);
  views.renew(holder, state === 'active');
  return {
    serverTime: new Date().toISOString(),
    digest: await readDigest(db, actor.userId),
  };
};
