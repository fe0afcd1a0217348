import type { Device, SignedIn } from '@taar/contracts';
import type { ServiceTx } from '@taar/db';
import { meOrThrow } from '@taar/domain/me';
import type { Caller } from '@taar/kit/auth';
import { notifyOtherDevices } from '@taar/runtime/notify-other-devices';
import type { Deps } from '../deps.ts';
import type { Proof } from '../otp/proof.ts';
import { type GivenProof, proveNumber } from '../otp/prove-number.ts';
import { type OpenedSession, openSession } from '../sessions/open-session.ts';
import { checkPin } from './check-pin.ts';
import type { Profile } from './create-account.ts';
import { findAccount } from './find-account.ts';
import { findReplayedSession } from './find-replayed-session.ts';
import { type GivenPin, resolveAccount } from './resolve-account.ts';

export type SignInDeps = Pick<
  Deps,
  | 'db'
  | 'config'
  | 'secrets'
  | 'logger'
  | 'publish'
  | 'announceEnd'
  | 'issueTokens'
  | 'identityToolkit'
  | 'firebaseAdmin'
>;
type SignIn = GivenProof & { device: Device; pin?: string | null };
type Opened = {
  userId: string;
  isNewUser: boolean;
  session: OpenedSession;
  /** Sessions that ended because of the new one. */
  ended: string[];
  isReplay: boolean;
};

/** Opens a session for the owner of a number. With `profile: null` it creates no account. */
export const signIn = async (
  deps: SignInDeps,
  caller: Caller,
  given: SignIn,
  profile: Profile | null,
): Promise<SignedIn> => {
  const proof = await proveNumber(deps, given);
  const pin = await checkGivenPin(deps, proof, given.pin);
  const opened = await deps.db.$transaction((tx) =>
    open(tx, deps, { proof, pin, profile, device: given.device, address: caller.address }),
  );

  const { userId, isNewUser, isReplay, session } = opened;
  deps.announceEnd(opened.ended);
  const createdAt = session.createdAt.toISOString();
  const { platform, model = null } = given.device;
  const added = { sessionId: session.id, platform, model, createdAt };
  if (!isNewUser && !isReplay) deps.publish('session_added', { users: [userId] }, added);
  return {
    isNewUser,
    user: await meOrThrow(deps.db, userId),
    session: { id: session.id, deviceId: session.deviceId, createdAt },
    tokens: deps.issueTokens(session),
  };
};

/** Runs outside of the transaction, so that a wrong PIN costs a try even if the rest fails. */
const checkGivenPin = async (
  deps: SignInDeps,
  proof: Proof,
  pin: string | null | undefined,
): Promise<GivenPin> => {
  if (typeof pin !== 'string') return { provenFor: undefined, isUnknown: pin === null };
  const account = await findAccount(deps.db, deps.config, proof.phoneNumber);
  if (!account?.hasPin || account.suspended) return { provenFor: undefined, isUnknown: false };
  await checkPin(deps, account.id, pin);
  return { provenFor: account.id, isUnknown: false };
};

type Opening = {
  proof: Proof;
  pin: GivenPin;
  profile: Profile | null;
  device: Device;
  address: string;
};

const open = async (
  tx: ServiceTx<'auth'>,
  { config }: SignInDeps,
  { proof, pin, profile, device, address }: Opening,
): Promise<Opened> => {
  // The lock puts concurrent sign-ins with one number in order.
  await tx.$executeRaw`
    SELECT pg_advisory_xact_lock(hashtextextended(${`number ${proof.phoneNumber}`}, 0))`;
  const replayed = await findReplayedSession(tx, proof.requestId);
  if (replayed) return { ...replayed, ended: [], isReplay: true };

  const { userId, isNew, ended } = await resolveAccount(tx, { config, proof, pin, profile });
  const opened = await openSession(tx, { config, userId, address, device });
  const { session } = opened;
  const { platform } = device;
  await notifyOtherDevices(tx, session, { kind: 'session_added', addedId: session.id, platform });
  await tx.$executeRaw`
    UPDATE otp_requests
    SET consumed_at = now(), session_id = ${session.id}::uuid
    WHERE id = ${proof.requestId}::uuid`;
  return {
    userId,
    isNewUser: isNew,
    session,
    ended: [...ended, ...opened.ended],
    isReplay: false,
  };
};
