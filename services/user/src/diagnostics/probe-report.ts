import type { Body, userRest } from '@taar/contracts';
import type { UserDb } from '@taar/db';
import { AppError } from '@taar/kit/errors';

export type ProbeReport = Body<typeof userRest.getProbe>;
type Hop = ProbeReport['hops'][number];

export const findProbeReport = async (
  db: Pick<UserDb, 'pushAttempt'>,
  sessionId: string,
  pushId: string,
): Promise<ProbeReport> => {
  const attempt = await db.pushAttempt.findFirst({ where: { id: pushId, sessionId } });
  if (!attempt) throw noSuchProbe();
  return toProbeReport(pushId, attempt.state, attempt.error);
};

export const noSuchProbe = () =>
  new AppError('gone', 'No test notification with this id was sent to this device.');

/** `state` and `error` are those of the push attempt. */
export const toProbeReport = (pushId: string, state: string, error: string | null): ProbeReport => {
  const hops = toHops(state, error);
  return { pushId, hops, stuckAt: hops.find((hop) => hop.state !== 'passed')?.hop ?? null };
};

const toHops = (state: string, error: string | null): Hop[] => {
  // Skipped without a token, the push was never sent. Skipped as too old, FCM could not be reached.
  if (state === 'skipped' && error !== 'too_old')
    return [
      { hop: 'queued', state: 'failed', error },
      notReached('accepted_by_fcm'),
      notReached('device_ack'),
    ];
  // The error of a queued attempt is that of the last try.
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

const passed = (hop: Hop['hop']): Hop => ({ hop, state: 'passed', error: null });
const notReached = (hop: Hop['hop']): Hop => ({ hop, state: 'not_reached', error: null });
