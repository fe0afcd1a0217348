/** Shows how a start proceeds, and then lines of text. */
export type Display = {
  print: (line: string) => void;
  /** Shows one line for `work`: "starting" until it resolves, then "ready". */
  track: <T>(name: string, work: Promise<T>) => Promise<T>;
};

type Row = { name: string; state: string; startedAt: number; isDone: boolean };
type Output = { isTTY?: boolean; write: (text: string) => unknown };

const never = new AbortController().signal;

/** Once `stopping` is aborted, the display shows no more progress. */
export const createDisplay = (output: Output, stopping: AbortSignal): Display =>
  output.isTTY
    ? createLiveDisplay((text) => output.write(text), stopping)
    : createPlainDisplay((line) => output.write(`${line}\n`), stopping);

/** For output that is not a terminal: one line for each part when it is ready. */
export const createPlainDisplay = (
  print: (line: string) => void,
  stopping: AbortSignal = never,
): Display => ({
  print,
  track: async (name, work) => {
    const startedAt = performance.now();
    const result = await work;
    if (!stopping.aborted) print(`${name}: ready in ${secondsSince(startedAt)}`);
    return result;
  },
});

const nameWidth = 28;
const clearBelow = '\u001B[J';

/** For a terminal: the rows stay in place, and each changes when its part becomes ready. */
const createLiveDisplay = (write: (text: string) => void, stopping: AbortSignal): Display => {
  let rows: Row[] = [];
  stopping.addEventListener('abort', () => (rows = []));

  /** Replaces the last `count` rows on the screen by `above` and all rows. */
  const redraw = (count: number, above = '') =>
    write(`${moveUp(count)}${clearBelow}${above}${rows.map(toText).join('')}`);

  const finish = (row: Row, state: string) => {
    if (!rows.includes(row)) return;
    Object.assign(row, { state, isDone: true });
    redraw(rows.length);
    // When all are done, they are left on the screen, and what is printed next follows them.
    if (rows.every(({ isDone }) => isDone)) rows = [];
  };

  return {
    print: (line) => redraw(rows.length, `${line}\n`),
    track: async (name, work) => {
      const row = { name, state: 'starting …', startedAt: performance.now(), isDone: false };
      rows.push(row);
      redraw(rows.length - 1);
      try {
        const result = await work;
        finish(row, `ready  ${secondsSince(row.startedAt)}`);
        return result;
      } catch (error) {
        finish(row, 'failed');
        throw error;
      }
    },
  };
};

const moveUp = (count: number) => (count > 0 ? `\u001B[${count}A` : '');

const toText = ({ name, state }: Row) => `  ${name.padEnd(nameWidth)}${state}\n`;

const secondsSince = (startedAt: number) =>
  `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;
