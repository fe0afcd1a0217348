import {
  type SocketBudget,
  type SocketRateLimit,
  type Verdict,
  createSocketRateLimit,
} from '@taar/kit/socket-rate-limit';
import { LRUCache } from 'lru-cache';

const eventsOfSession = { burst: 60, perSecond: 20 };
/** A socket has nothing to send before its authentication but that, and perhaps a retry of it. */
const eventsBeforeAuthentication = { burst: 5, perSecond: 0.5 };
/** A client on a bad network connects once a second for a while. */
const connectsOfSession = { burst: 60, perSecond: 0.5 };
const maxSessions = 20_000;

/**
 * The limits of one node, multiplied by `factor` (RATE_LIMIT_FACTOR). Those of a session outlive its
 * connections: a new one resets none.
 */
export const createSocketRateLimits = (factor: number) => {
  const createBySession = ({ burst, perSecond }: SocketBudget) => {
    const budget = { burst: burst * factor, perSecond: perSecond * factor };
    const limits = new LRUCache<string, SocketRateLimit>({ max: maxSessions });
    return (sessionId: string): Verdict => {
      const limit = limits.get(sessionId) ?? createSocketRateLimit(budget);
      limits.set(sessionId, limit);
      return limit();
    };
  };

  return {
    /** Counts one event of a session. */
    event: createBySession(eventsOfSession),
    /** Counts one connection of a session. */
    connect: createBySession(connectsOfSession),
    /** The limit of one socket before its authentication. */
    beforeAuthentication: () => createSocketRateLimit(eventsBeforeAuthentication),
  };
};
