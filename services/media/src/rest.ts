import { mediaRest } from '@taar/contracts';
import { restRouter } from '@taar/kit/rest';
import type { Deps } from './deps.ts';
import { getMedia } from './get-media.ts';

export const rest = (deps: Deps) => restRouter(deps, mediaRest, { getMedia });
