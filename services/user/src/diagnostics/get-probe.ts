import type { Input, userRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { type ProbeReport, findProbeReport } from './probe-report.ts';

export const getProbe = (
  { db }: Pick<Deps, 'db'>,
  { sessionId }: Actor,
  { pushId }: Input<typeof userRest.getProbe>,
): Promise<ProbeReport> => findProbeReport(db, sessionId, pushId);
