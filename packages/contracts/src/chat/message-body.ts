import { messageTypes } from '../models/message.ts';
import {
  type Infer,
  jsonObject,
  nullable,
  object,
  oneOf,
  optional,
  text,
  uniqueArray,
  uuid,
} from '../schema.ts';

/** What a client sends, over REST or the socket alike. Which fields a type needs, the verb says. */
export const sendMessage = object({
  chatId: uuid(),
  clientMessageId: uuid(),
  messageType: optional(oneOf(...messageTypes)),
  content: optional(nullable(text(8_192))),
  mediaId: optional(nullable(uuid())),
  replyToId: optional(nullable(uuid())),
  replyToStatusId: optional(nullable(uuid())),
  forwardOf: optional(nullable(object({ messageId: uuid() }))),
  mentions: optional(uniqueArray(uuid(), 0, 50)),
  metadata: optional(jsonObject(4_096, 4)),
});
export type SendMessage = Infer<typeof sendMessage>;
