import type { Input, authRest } from '@taar/contracts';
import type { Caller } from '@taar/kit/auth';
import { type SignInDeps, signIn } from './sign-in.ts';

/** Creates no account. A missing account is reported only after the number was proven. */
export const login = (deps: SignInDeps, caller: Caller, given: Input<typeof authRest.login>) =>
  signIn(deps, caller, given, null);
