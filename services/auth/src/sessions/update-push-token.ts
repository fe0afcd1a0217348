import type { Input, authRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { assignPushToken } from './assign-push-token.ts';

export const updatePushToken = async (
  { db }: Pick<Deps, 'db'>,
  { sessionId }: Actor,
  { token }: Input<typeof authRest.updatePushToken>,
) => db.$transaction((tx) => assignPushToken(tx, sessionId, token));
