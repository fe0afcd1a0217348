import { type Body, type Input, type clientEvents, protocolVersion, sizes } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import type { Authenticate, Authenticated } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { SocketCaller } from '@taar/kit/socket';
import type { Socket } from 'socket.io';
import type { Deps } from '../deps.ts';
import { closeSocket } from './sessions.ts';

type Proof = Pick<Input<typeof clientEvents.authenticate>, 'token' | 'deviceId' | 'protocol'>;
type State = Pick<Input<typeof clientEvents.authenticate>, 'state'>;
type Hello = Body<typeof clientEvents.authenticate>;

/** Renews the token of an open socket, or authenticates a socket that connected without one. */
export const authenticate = async (
  deps: Pick<Deps, 'db' | 'authenticate' | 'sessionSockets' | 'heartbeatMs'>,
  caller: SocketCaller,
  { state, ...proof }: Proof & State,
  socket: Socket,
): Promise<Hello> => {
  const actor = await checkProof(deps.authenticate, proof);
  const current = caller.actor;
  if (current && (current.userId !== actor.userId || current.sessionId !== actor.sessionId)) {
    closeSocket(socket, 'identity_mismatch');
    throw new AppError('unauthenticated', 'The token belongs to another session than the socket.');
  }
  await deps.sessionSockets.open(socket, caller, actor, state);
  return readHello(deps, socket, actor);
};

/** Checks the protocol and the token, which is valid for its own device only. */
export const checkProof = async (verify: Authenticate, proof: Proof): Promise<Authenticated> => {
  if (proof.protocol !== protocolVersion)
    throw new AppError(
      'client_too_old',
      `This server supports protocol ${protocolVersion} only. Update the app.`,
    );
  const actor = await verify(proof.token);
  // The tolerance for clocks would let it in, and its expiry would close the socket at once.
  if (actor.tokenExpiresAt.getTime() <= Date.now())
    throw new AppError('token_expired', 'Refresh the access token.');
  if (actor.deviceId !== proof.deviceId)
    throw new AppError('unauthenticated', 'The token belongs to another device.');
  return actor;
};

/** The answer to an authenticated socket. */
export const readHello = async (
  deps: Pick<Deps, 'db' | 'heartbeatMs'>,
  socket: Socket,
  actor: Authenticated,
): Promise<Hello> => ({
  userId: actor.userId,
  sessionId: actor.sessionId,
  socketId: socket.id,
  serverTime: new Date().toISOString(),
  tokenExpiresAt: actor.tokenExpiresAt.toISOString(),
  heartbeatMs: deps.heartbeatMs,
  epoch: (await deps.db.serverState.findFirstOrThrow()).epoch,
  limits: sizes,
  pushTokenNeeded: await isPushTokenNeeded(deps.db, actor.sessionId),
});

/** Whether FCM rejected the push token of the device, and the device has not set another one. */
const isPushTokenNeeded = async (db: Pick<ChatDb, 'session'>, id: string) =>
  (await db.session.count({
    where: { id, pushToken: null, pushFailedAt: { not: null } },
  })) > 0;
