import { userRest } from '@taar/contracts';
import { restRouter } from '@taar/kit/rest';
import type { Deps } from './deps.ts';
import { getMe } from './profile/get-me.ts';

export const rest = (deps: Deps) => restRouter(deps, userRest, { getMe });
