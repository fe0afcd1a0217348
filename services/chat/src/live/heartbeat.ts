import type { Body, Input, chatSocket } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { readDigest } from '../sync/digest.ts';

export const heartbeat = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  _input: Input<typeof chatSocket.last_seen_update>,
): Promise<Body<typeof chatSocket.last_seen_update>> => ({
  serverTime: new Date().toISOString(),
  digest: await readDigest(db, userId),
});
