import type { Input, userRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { noSuchProbe } from './probe-report.ts';

export const ackPush = async (
  { db }: Pick<Deps, 'db'>,
  { sessionId }: Actor,
  { pushId: id }: Input<typeof userRest.ackPush>,
): Promise<void> => {
  const count = await db.$executeRaw`
    UPDATE push_attempts
    SET state = 'device_ack', at = clock_timestamp()
    WHERE id = ${id}::uuid AND session_id = ${sessionId}::uuid AND state <> 'skipped'`;
  if (count === 0) throw noSuchProbe();
};
