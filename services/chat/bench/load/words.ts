const vocabulary = 20_000;
const length = 12;

/** Common words are common, and there is always a rare one, as in what people write. */
const word = () => `word${Math.floor(vocabulary ** Math.random())}`;

export const someWords = () => Array.from({ length }, word).join(' ');

/** The same for a whole table, in SQL. */
export const someWordsSql = `(SELECT string_agg('word' || floor(${vocabulary} ^ random())::int, ' ')
  FROM generate_series(1, ${length}) WHERE n IS NOT NULL)`;
