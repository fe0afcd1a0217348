import { Router } from 'express';
import { withDeadline } from './deadline.ts';

type Check = () => Promise<unknown>;
export type Health = {
  /** The service is down while one of these fails. */
  needs: Record<string, Check>;
  /** The service is degraded while one of these fails. */
  wants: Record<string, Check>;
  isDraining: () => boolean;
};

const timeoutMs = 1_000;

/** `/health`: the process answers. `/ready`: it can serve requests, if perhaps degraded. */
export const healthRouter = ({ needs, wants, isDraining }: Health): Router => {
  const router = Router();
  router.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });
  router.get('/ready', async (_req, res) => {
    const [down, degraded] = await Promise.all([listFailing(needs), listFailing(wants)]);
    if (isDraining()) res.status(503).json({ status: 'draining' });
    else if (down.length > 0) res.status(503).json({ status: 'down', down });
    else if (degraded.length > 0) res.json({ status: 'degraded', degraded });
    else res.json({ status: 'ready' });
  });
  return router;
};

const listFailing = async (checks: Record<string, Check>) => {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => ((await passes(check)) ? [] : [name])),
  );
  return results.flat();
};

const passes = (check: Check): Promise<boolean> =>
  withDeadline(check(), timeoutMs, () => new Error('The check took too long.')).then(
    () => true,
    () => false,
  );
