import { chatsRest } from './chats-rest.ts';
import { membersRest } from './members-rest.ts';
import { messagesRest } from './messages-rest.ts';

export const chatRest = { ...chatsRest, ...membersRest, ...messagesRest };
