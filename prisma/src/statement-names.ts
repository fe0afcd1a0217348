import { createHash } from 'node:crypto';

/**
 * Names statements, so that PostgreSQL parses and plans each text once per connection. A name lives
 * as long as its connection and texts with inlined lists never end, hence the cap.
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
