/** The treatment of rows in which a column holds the id of the erased user. */
type Fate =
  | { fate: 'delete' }
  /** Deletes the row from the list of another user, `of`, whose devices learn of it by sync. */
  | { fate: 'withdraw'; of: string; kind: 'contact' | 'block'; ref: string }
  /** Keeps the row, with the columns of `set` overwritten. */
  | { fate: 'clear'; set: Readonly<Record<string, string>> }
  /** A step of the table's owner erases these rows; `step` describes it. */
  | { fate: 'step'; step: string }
  | { fate: 'keep'; because: string };

export type Rule = Fate & {
  /** The column holds the id of a session or device of the user instead of the user's id. */
  session?: 'id' | 'device_id';
  /** Columns that the user's data export contains, in the order of the column `by`. */
  exports?: { by: string; columns: readonly string[] };
};

export type TableRules = {
  /** Columns that hold the id of a user. */
  people: Readonly<Record<string, Rule>>;
  /** Other columns with personal data; they share the fate of the row. */
  personal?: readonly string[];
  /** Other columns of a type that could hold personal data, and that hold none. */
  impersonal?: readonly string[];
};

export const deleted = { fate: 'delete' } as const;
export const keptBecause = (reason: string) => ({ fate: 'keep', because: reason }) as const;
export const exporting = (by: string, ...columns: string[]) => ({ exports: { by, columns } });
