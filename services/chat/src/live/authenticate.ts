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
type Welcome = Body<typeof clientEvents.authenticate>;

/** Checks who wants to use a socket; a token is good for its own device only. */
export const checkProof = async (
  authenticate: Authenticate,
  proof: Proof,
): Promise<Authenticated> => {
  if (proof.protocol !== protocolVersion)
    throw new AppError(
      'client_too_old',
      `This server supports protocol ${protocolVersion} only. Update the app.`,
    );
  const actor = await authenticate(proof.token);
  if (actor.deviceId !== proof.deviceId)
    throw new AppError('unauthenticated', 'The token belongs to another device.');
  return actor;
};

/** Whether the provider refused the device's push token, and no other was registered since. */
const isTokenNeeded = async (db: Pick<ChatDb, 'session'>, id: string) =>
  (await db.session.count({
    where: { id, pushToken: null, pushFailedAt: { not: null } },
  })) > 0;

export const welcome = async (
  deps: Pick<Deps, 'db' | 'heartbeatMs'>,
  socket: Socket,
  actor: Authenticated,
): Promise<Welcome> => ({
  userId: actor.userId,
  sessionId: actor.sessionId,
  socketId: socket.id,
  serverTime: new Date().toISOString(),
  tokenExpiresAt: actor.tokenExpiresAt.toISOString(),
  heartbeatMs: deps.heartbeatMs,
  epoch: (await deps.db.serverState.findFirstOrThrow()).epoch,
  limits: sizes,
  pushTokenNeeded: await isTokenNeeded(deps.db, actor.sessionId),
});

export const authenticate = async (
  deps: Pick<Deps, 'db' | 'authenticate' | 'openSocket' | 'heartbeatMs'>,
  session: SocketCaller,
  { state, ...proof }: Proof & State,
  socket: Socket,
): Promise<Welcome> => {
  const actor = await checkProof(deps.authenticate, proof);
  const current = session.actor;
  if (current && (current.userId !== actor.userId || current.sessionId !== actor.sessionId)) {
    closeSocket(socket, 'identity_mismatch');
    throw new AppError('unauthenticated', 'This socket belongs to somebody else.');
  }
  await deps.openSocket(socket, session, actor, state);
  return welcome(deps, socket, actor);
};
