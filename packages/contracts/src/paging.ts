import { type Schema, list, nullable, object, optional, queryInteger, text } from './schema.ts';

/** The query of a list: the page size, and the cursor of the page before. */
export const paging = {
  cursor: optional(text(1_024, 1)),
  limit: optional(queryInteger(1, 100)),
};

/** The cursor of the next page, opaque to clients; null on the last page. */
export const nextCursor = () => nullable(text(1_024));

/** The answer of a list: one page, without totals. */
export const page = <T>(items: Schema<T>) =>
  object({ items: list(items), nextCursor: nextCursor() });

/** A position in a chat's log, a `seq` or a `changeSeq`, in a query. */
export const position = () => optional(queryInteger(0, 1e15));
