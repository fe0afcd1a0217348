import { AppError } from '@taar/kit/errors';
import type { SignInAccount } from './find-account.ts';

type Evidence = { uid: string; isPinProven: boolean; isPinUnknown: boolean; isSigningUp: boolean };

/**
 * Decides whether the caller who proved a number owns its account. Another Firebase uid or long
 * disuse means that the number may have changed hands: then the PIN decides, and without one the
 * caller gets a new account. Throws `pin_required` where the PIN is needed and missing.
 */
export const decideOwner = (
  account: SignInAccount | undefined,
  { uid, isPinProven, isPinUnknown, isSigningUp }: Evidence,
): 'no_account' | 'same_owner' | 'new_owner' => {
  if (!account) return 'no_account';
  if (account.suspended) throw new AppError('account_suspended', 'The account is suspended.');
  if (account.deleted && !account.restorable) return 'new_owner';
  // After a deletion, signing up asks for a new account; signing in restores the deleted one.
  const asksForNew = account.deleted && isSigningUp;
  const mayHaveChangedHands = account.firebaseUid !== uid || account.idle;
  if (!account.hasPin) return asksForNew || mayHaveChangedHands ? 'new_owner' : 'same_owner';
  if (isPinProven) return asksForNew ? 'new_owner' : 'same_owner';
  if (mayHaveChangedHands && isPinUnknown) return 'new_owner';
  throw new AppError('pin_required', 'The account is protected by a PIN.', {
    canStartAnew: mayHaveChangedHands,
  });
};
