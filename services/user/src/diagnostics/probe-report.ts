import type { Body, userRest } from '@taar/contracts';
import type { UserDb } from '@taar/db';
import { AppError } from '@taar/kit/errors';

export type ProbeReport = Body<typeof userRest.getProbe>;
type Hop = ProbeReport['hops'][number];

export const noSuchProbe = () => new AppError('gone', 'There is no such push to this device.');

const passed = (hop: Hop['hop']): Hop => ({ hop, state: 'passed', error: null });
const notReached = (hop: Hop['hop']): Hop => ({ hop, state: 'not_reached', error: null });

/** By the state of the attempt. While it is queued, an error is what the last try ran into. */
const toHops = (state: string, error: string | null): Hop[] => {
  // Skipped for want of a token, it never left us; for its age, FCM was out of reach for too long.
  if (state === 'skipped' && error !== 'too_old')
    return [
      { hop: 'queued', state: 'failed', error },
      notReached('accepted_by_fcm'),
      notReached('device_ack'),
    ];
  if (state !== 'accepted' && state !== 'device_ack')
    return [
      passed('queued'),
      { hop: 'accepted_by_fcm', state: state === 'queued' ? 'waiting' : 'failed', error },
      notReached('device_ack'),
    ];
  return [
    passed('queued'),
    passed('accepted_by_fcm'),
    { hop: 'device_ack', state: state === 'device_ack' ? 'passed' : 'waiting', error: null },
  ];
};

export const toProbeReport = (pushId: string, state: string, error: string | null): ProbeReport => {
  const hops = toHops(state, error);
  return { pushId, hops, stuckAt: hops.find((hop) => hop.state !== 'passed')?.hop ?? null };
};

export const findProbeReport = async (
  db: Pick<UserDb, 'pushAttempt'>,
  sessionId: string,
  pushId: string,
): Promise<ProbeReport> => {
  const attempt = await db.pushAttempt.findFirst({ where: { id: pushId, sessionId } });
  if (!attempt) throw noSuchProbe();
  return toProbeReport(pushId, attempt.state, attempt.error);
};
