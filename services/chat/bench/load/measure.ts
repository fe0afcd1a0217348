import { quantile } from '../../test/traffic.ts';

export type Measured = { rate: number; p50: number; p99: number };

/** Runs callers for some seconds, each with one call at a time. */
export const measure = async (
  callers: number,
  seconds: number,
  call: (caller: number) => Promise<unknown>,
): Promise<Measured> => {
  const times: number[] = [];
  const from = performance.now();
  const end = from + seconds * 1_000;
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      while (performance.now() < end) {
        const calledAt = performance.now();
        await call(caller);
        times.push(performance.now() - calledAt);
      }
    }),
  );
  const rate = times.length / ((performance.now() - from) / 1_000);
  return { rate, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
};

const median = (values: number[]) => quantile(values, 0.5);

/** Measures the loads in turns, so that other work on the machine meets all alike. */
export const interleave = async <Name extends string>(
  rounds: number,
  loads: Record<Name, () => Promise<Measured>>,
): Promise<Record<Name, Measured>> => {
  const names = Object.keys(loads) as Name[];
  const seen = new Map<Name, Measured[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    // Each load is first once, as a load leaves work for the next one.
    for (const [i] of names.entries()) {
      const name = names[(i + round) % names.length]!;
      seen.get(name)!.push(await loads[name]());
    }
  const of = (name: Name, key: keyof Measured) => median(seen.get(name)!.map((one) => one[key]));
  return Object.fromEntries(
    names.map((name) => [
      name,
      { rate: of(name, 'rate'), p50: of(name, 'p50'), p99: of(name, 'p99') },
    ]),
  ) as Record<Name, Measured>;
};

export const show = (
  name: string,
  { rate, p50, p99 }: Measured,
  beside: Record<string, Measured>,
) => {
  const ratios = Object.entries(beside)
    .map(([other, { rate: its }]) => `${(rate / its).toFixed(2)} × ${other}`)
    .join(', ');
  process.stdout.write(
    `${name}: ${Math.round(rate)}/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms; ${ratios}\n`,
  );
};
