import type { ServiceTx } from '@taar/db';
import { AppError } from '@taar/kit/errors';
import { revokeSessions } from '@taar/runtime/sessions/revoke-sessions';
import type { Config } from '../config.ts';
import type { Proof } from '../otp/proof.ts';
import { type Profile, createAccount } from './create-account.ts';
import { decideOwner } from './decide-owner.ts';
import { findAccount } from './find-account.ts';
import { restoreAccount } from './restore-account.ts';
import { retireAccount } from './retire-account.ts';

export type GivenPin = {
  /** The account whose PIN was correct. */
  provenFor: string | undefined;
  /** The caller does not know the PIN. */
  isUnknown: boolean;
};
type ResolvedAccount = {
  userId: string;
  isNew: boolean;
  /** Sessions of the number's former owner or former Firebase account. */
  ended: string[];
};
type Resolution = { config: Config; proof: Proof; pin: GivenPin; profile: Profile | null };

/** Finds, restores or creates the account for a proven number. */
export const resolveAccount = async (
  tx: ServiceTx<'auth'>,
  { config, proof, pin, profile }: Resolution,
): Promise<ResolvedAccount> => {
  const account = await findAccount(tx, config, proof.phoneNumber);
  const owner = decideOwner(account, {
    uid: proof.uid,
    isPinProven: account !== undefined && pin.provenFor === account.id,
    isPinUnknown: pin.isUnknown,
    isSigningUp: profile !== null,
  });
  if (owner !== 'same_owner' && !profile)
    throw new AppError('user_not_found', 'The number has no account. Sign up.');

  await releaseUid(tx, proof);
  if (account && owner === 'same_owner') {
    if (account.deleted) await restoreAccount(tx, account.id);
    if (account.firebaseUid === proof.uid) return { userId: account.id, isNew: false, ended: [] };
    const ended = await revokeSessions(tx, { userId: account.id }, 'number_proven_again');
    await tx.user.updateMany({ where: { id: account.id }, data: { firebaseUid: proof.uid } });
    return { userId: account.id, isNew: false, ended };
  }
  const ended = account ? await retireAccount(tx, account.id) : [];
  return { userId: await createAccount(tx, proof, profile ?? {}), isNew: true, ended };
};

/** A Firebase uid belongs to the number that was last proven with it: other accounts lose it. */
const releaseUid = (tx: ServiceTx<'auth'>, { uid, phoneNumber }: Proof) => tx.$executeRaw`
  UPDATE users
  SET firebase_uid = 'left:' || id
  WHERE firebase_uid = ${uid} AND phone_number <> ${phoneNumber}`;
