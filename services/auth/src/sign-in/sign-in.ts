import type { Device, SignedIn } from '@taar/contracts';
import type { ServiceTx } from '@taar/db';
import { notifyOtherDevices } from '@taar/runtime/notify-other-devices';
import { meOrThrow } from '@taar/domain/me';
import { revokeSessions } from '@taar/runtime/sessions';
import type { Caller } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import type { Proof } from '../otp/proof.ts';
import { type GivenProof, proveNumber } from '../otp/prove-number.ts';
import { type OpenedSession, openSession } from '../sessions/open-session.ts';
import { claimOf, findAccount } from './find-account.ts';
import { checkPin } from './check-pin.ts';
import { findReplayedSession } from './find-replayed-session.ts';
import { restoreAccount } from './restore-account.ts';
import { type Profile, createAccount, retireAccount, releaseUid } from './retire-account.ts';

export type SignInDeps = Omit<
  Deps,
  'authenticate' | 'verify' | 'spendLimit' | 'isUnavailable' | 'stop'
>;
type Given = GivenProof & { device: Device; pin?: string | null };
type Opened = {
  userId: string;
  isNewUser: boolean;
  session: OpenedSession;
  ended: string[];
  /** Nothing was opened: an answer that was lost is given again. */
  isRepeat: boolean;
};

/** The account for the number; `profile: null` where none may be made. */
const settleAccount = async (
  tx: ServiceTx<'auth'>,
  { config }: SignInDeps,
  proof: Proof,
  pin: { provenFor: string | undefined; unknown: boolean },
  profile: Profile | null,
) => {
  const account = await findAccount(tx, config, proof.phoneNumber);
  const proven = account !== undefined && pin.provenFor === account.id;
  const claim = claimOf(account, proof, { proven, unknown: pin.unknown }, !!profile);
  if (claim !== 'theirs' && !profile)
    throw new AppError('user_not_found', 'The number has no account: sign up.');

  await releaseUid(tx, proof);
  if (account && claim === 'theirs') {
    if (account.deleted) await restoreAccount(tx, account.id);
    if (account.firebaseUid === proof.uid) return { userId: account.id, isNew: false, ended: [] };
    const ended = await revokeSessions(tx, { userId: account.id }, 'number_proven_again');
    await tx.user.updateMany({ where: { id: account.id }, data: { firebaseUid: proof.uid } });
    return { userId: account.id, isNew: false, ended };
  }
  const ended = account ? await retireAccount(tx, account.id) : [];
  return { userId: await createAccount(tx, proof, profile ?? {}), isNew: true, ended };
};

/** The PIN is checked outside of the transaction: a wrong one must cost a try whatever follows. */
const provePin = async (deps: SignInDeps, proof: Proof, pin: string | null | undefined) => {
  if (typeof pin !== 'string') return undefined;
  const account = await findAccount(deps.db, deps.config, proof.phoneNumber);
  if (!account?.hasPin || account.suspended) return undefined;
  await checkPin(deps, account.id, pin);
  return account.id;
};

const open = async (
  deps: SignInDeps,
  { address }: Caller,
  given: Given,
  profile: Profile | null,
): Promise<Opened> => {
  const proof = await proveNumber(deps, given);
  const provenFor = await provePin(deps, proof, given.pin);
  return deps.db.$transaction(async (tx) => {
    // Two that prove one number at once follow one another.
    await tx.$executeRaw`
      SELECT pg_advisory_xact_lock(hashtextextended(${`number ${proof.phoneNumber}`}, 0))`;
    const spent = await findReplayedSession(tx, proof.requestId);
    if (spent) return { ...spent, ended: [], isRepeat: true };

    const pin = { provenFor, unknown: given.pin === null };
    const { userId, isNew, ended } = await settleAccount(tx, deps, proof, pin, profile);
    const opened = await openSession(tx, deps.config, userId, address, given.device);
    const { id } = opened.session;
    const { platform } = given.device;
    await notifyOtherDevices(tx, opened.session, { kind: 'session_added', addedId: id, platform });
    await tx.$executeRaw`
      UPDATE otp_requests SET consumed_at = now(), session_id = ${id}::uuid
      WHERE id = ${proof.requestId}::uuid`;
    return {
      userId,
      isNewUser: isNew,
      session: opened.session,
      ended: [...ended, ...opened.ended],
      isRepeat: false,
    };
  });
};

/** Opens a session for whoever has proven a number. */
export const signIn = async (
  deps: SignInDeps,
  caller: Caller,
  given: Given,
  profile: Profile | null,
): Promise<SignedIn> => {
  const opened = await open(deps, caller, given, profile);
  const { userId, isNewUser, session, ended } = opened;
  deps.announceEnd(ended);
  const createdAt = session.createdAt.toISOString();
  const { platform, model = null } = given.device;
  if (!isNewUser && !opened.isRepeat)
    deps.publish(
      'session_added',
      { users: [userId] },
      { sessionId: session.id, platform, model, createdAt },
    );
  return {
    isNewUser,
    user: await meOrThrow(deps.db, userId),
    session: { id: session.id, deviceId: session.deviceId, createdAt },
    tokens: deps.issueTokens(session),
  };
};
