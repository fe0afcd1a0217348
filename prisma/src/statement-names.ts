import { createHash } from 'node:crypto';

/**
 * Names prepared statements, so that PostgreSQL parses and plans each SQL text once per connection.
 * A connection keeps every name, and texts with inlined lists are unbounded, hence the cap.
 */
export const createStatementNames = (cap = 500) => {
  const names = new Map<string, string>();
  return ({ sql }: { sql: string }): string => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    if (names.size >= cap) return '';
    const name = `p${createHash('sha1').update(sql).digest('base64url').slice(0, 16)}`;
    names.set(sql, name);
    return name;
  };
};
