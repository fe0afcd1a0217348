import { messageTypes } from '../models/message.ts';
import { sizes } from '../sizes.ts';
import {
  type Infer,
  array,
  jsonObject,
  nullable,
  number,
  object,
  oneOf,
  optional,
  text,
  uniqueArray,
  uuid,
  visibleText,
} from '../schema.ts';

const mentions = () => optional(uniqueArray(uuid(), 0, sizes.mentions));

/** A new message, over REST and the socket. The verb checks which fields its type needs. */
export const sendMessage = object({
  chatId: uuid(),
  clientMessageId: uuid(),
  messageType: optional(oneOf(...messageTypes)),
  content: optional(nullable(text(sizes.content))),
  mediaId: optional(nullable(uuid())),
  replyToId: optional(nullable(uuid())),
  replyToStatusId: optional(nullable(uuid())),
  forwardOf: optional(nullable(object({ messageId: uuid() }))),
  mentions: mentions(),
  metadata: optional(jsonObject(4_096, 4)),
});
export type SendMessage = Infer<typeof sendMessage>;

export const editMessage = object({
  chatId: uuid(),
  messageId: uuid(),
  content: text(sizes.content),
  /** When absent, the mentions stay unchanged. */
  mentions: mentions(),
});

/** The metadata of a `location`. */
export const locationMetadata = object({
  latitude: number(-90, 90),
  longitude: number(-180, 180),
  name: optional(text(500)),
  address: optional(text(500)),
});

/** The metadata of a `contact`. */
export const contactMetadata = object({
  contacts: array(
    object({ name: visibleText(255), phoneNumbers: array(text(40, 1), 1, 20) }),
    1,
    50,
  ),
});
