import { readFile, readdir } from 'node:fs/promises';

const msPerTick = 10;

const statOf = async (pid: number | string) => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') gone 0');
  const [, parent, ...rest] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = rest.slice(9);
  return { parent, own: user + system, ended: endedUser + endedSystem };
};

/** The CPU time of a process and its children so far, including children that have ended. */
export const cpuMsOf = async (pid: number) => {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const children = (await Promise.all(names.map(statOf))).filter(({ parent }) => parent === pid);
  const { own, ended } = await statOf(pid);
  return children.reduce((sum, child) => sum + child.own, own + ended) * msPerTick;
};

/** Adds up the CPU time that a process spends on repeated work. */
export const createMeter = (pid: number) => {
  const sum = { cpuMs: 0, times: 0 };
  return {
    /** `count` answers how many units of work are done so far. */
    over: async <T>(count: () => number, work: () => Promise<T>): Promise<T> => {
      const [cpuMs, times] = [await cpuMsOf(pid), count()];
      const result = await work();
      sum.cpuMs += (await cpuMsOf(pid)) - cpuMs;
      sum.times += count() - times;
      return result;
    },
    microsecondsEach: () => Math.round((sum.cpuMs * 1_000) / sum.times),
  };
};
