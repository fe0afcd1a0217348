import type { owners } from '@taar/db';
import { authRules } from './auth-rules.ts';
import { chatRules, messageRules } from './chat-rules.ts';
import { mediaRules } from './media-rules.ts';
import { type TableRules, keptBecause } from './rules.ts';
import { statusRules } from './status-rules.ts';
import { userRules } from './user-rules.ts';

/**
 * The treatment of a user's data, by table: erasure and data export follow it, and a test fails for
 * a table or column that is missing. Each service erases the tables that it owns, in this order.
 */
export const erasureMap: Record<keyof typeof owners, TableRules> = {
  ...userRules,
  ...authRules,
  ...chatRules,
  ...messageRules,
  ...mediaRules,
  ...statusRules,
  audit_log: {
    people: {
      actor: keptBecause('shows who did what to accounts, and holds ids alone'),
      target: keptBecause('shows who did what to accounts, and holds ids alone'),
    },
    impersonal: ['action', 'detail', 'request_id'],
  },
};
export type ErasedTable = keyof typeof erasureMap;
