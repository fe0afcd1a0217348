import { setTimeout as sleep } from 'node:timers/promises';

/** Polls a condition that emits no event. The timeout of the test ends it. */
export const until = async (holds: () => Promise<boolean>) => {
  while (!(await holds())) await sleep(20);
};
