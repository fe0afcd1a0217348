/** What becomes of the rows in which a column holds the id of a person who leaves. */
type Fate =
  | { fate: 'delete' }
  /** Deleted from the list of somebody else (`of`), whose devices are told of it. */
  | { fate: 'withdraw'; of: string; kind: 'contact' | 'block'; ref: string }
  /** The row stays, with nothing of the person in it. */
  | { fate: 'clear'; set: Readonly<Record<string, string>> }
  /** More than rows is at stake: the owner of the table does it, in a step of its own. */
  | { fate: 'step'; step: string }
  | { fate: 'keep'; because: string };

export type Rule = Fate & {
  /** The column holds this of one of the person's sessions rather than the person's id. */
  session?: 'id' | 'device_id';
  /** What the person gets of these rows in an export, in the order of a key. */
  exports?: { by: string; columns: readonly string[] };
};

export type TableRules = {
  /** Columns that hold a person's id, or tell whose the row is. */
  people: Readonly<Record<string, Rule>>;
  /** Text, JSON, bytes and ids that tell something of somebody: they share the row's fate. */
  personal?: readonly string[];
  /** Text, JSON, bytes and ids that tell nothing of anybody. */
  impersonal?: readonly string[];
};

export const gone = { fate: 'delete' } as const;
export const because = (reason: string) => ({ fate: 'keep', because: reason }) as const;
export const exporting = (by: string, ...columns: string[]) => ({ exports: { by, columns } });
