import type { Input, authRest } from '@taar/contracts';
import type { Caller } from '@taar/kit/auth';
import { type SignInDeps, signIn } from './sign-in.ts';

/** Like `verifyOtp`, but makes no account; whether there is one shows only after the proof. */
export const login = (deps: SignInDeps, caller: Caller, given: Input<typeof authRest.login>) =>
  signIn(deps, caller, given, null);
