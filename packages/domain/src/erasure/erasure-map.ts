import type { owners } from '@taar/db';
import { authRules } from './auth-rules.ts';
import { chatRules, messageRules } from './chat-rules.ts';
import { mediaRules } from './media-rules.ts';
import { type TableRules, because } from './rules.ts';
import { statusRules } from './status-rules.ts';
import { userRules } from './user-rules.ts';

/**
 * What is left of a person who leaves, table by table: erasure and export are generated from it,
 * and a test refuses a table or column that is missing. Each service erases what it owns, in this
 * order.
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
      actor: because('who did what to accounts has to be answered for; it holds ids alone'),
      target: because('who did what to accounts has to be answered for; it holds ids alone'),
    },
    impersonal: ['action', 'detail', 'request_id'],
  },
};
export type ErasedTable = keyof typeof erasureMap;
