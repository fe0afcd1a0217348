import type { Input, authRest } from '@taar/contracts';
import type { Caller } from '@taar/kit/auth';
import { type SignInDeps, signIn } from './sign-in.ts';

/** Signs in or, if the number has no account, signs up. */
export const verifyOtp = async (
  deps: SignInDeps,
  caller: Caller,
  { profile = {}, ...given }: Input<typeof authRest.verifyOtp>,
) => {
  const body = await signIn(deps, caller, given, profile);
  return { outcome: body.isNewUser ? ('created' as const) : ('existing' as const), body };
};
