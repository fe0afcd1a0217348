import { chatRest } from '@taar/contracts';
import { restRouter } from '@taar/kit/rest';
import { createChat } from './chats/create-chat.ts';
import { listChats } from './chats/list-chats.ts';
import type { Deps } from './deps.ts';
import { listMessages } from './messages/list-messages.ts';
import { sendMessage } from './messages/send-message.ts';
import { listReceipts } from './receipts/list-receipts.ts';
import { markRead } from './receipts/mark-read.ts';

export const rest = (deps: Deps) =>
  restRouter(deps, chatRest, {
    listChats,
    createChat,
    listMessages,
    sendMessage,
    markRead,
    listReceipts,
  });
