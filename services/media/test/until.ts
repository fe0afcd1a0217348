import { setTimeout as sleep } from 'node:timers/promises';

/** For what makes no event: looks until it holds. The test's own timeout ends it. */
export const until = async (holds: () => Promise<boolean>) => {
  while (!(await holds())) await sleep(20);
};
