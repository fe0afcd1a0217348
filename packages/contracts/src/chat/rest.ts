import { chatsRest } from './chats-rest.ts';
import { membersRest } from './members-rest.ts';
import { messagesRest } from './messages-rest.ts';
import { receiptsRest } from './receipts.ts';
import { searchRest } from './search-rest.ts';
import { syncRest } from './sync.ts';

export const chatRest = {
  ...searchRest,
  ...syncRest,
  ...chatsRest,
  ...membersRest,
  ...messagesRest,
  ...receiptsRest,
};
