const vocabulary = 20_000;
const length = 12;

/** Few words are frequent and many are rare, as in natural text. */
const word = () => `word${Math.floor(vocabulary ** Math.random())}`;

export const someWords = () => Array.from({ length }, word).join(' ');

/** The same as an SQL expression. Expects a column: number. */
export const someWordsSql = `(SELECT string_agg('word' || floor(${vocabulary} ^ random())::int, ' ')
  FROM generate_series(1, ${length}) WHERE number IS NOT NULL)`;
