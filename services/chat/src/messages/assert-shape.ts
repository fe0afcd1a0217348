import {
  type SendMessage,
  contactMetadata,
  hasVisibleText,
  locationMetadata,
  object,
  sizes,
} from '@taar/contracts';
import { invalidField, parse } from '@taar/kit/edge';

const typesWithMedia = new Set<string>(['image', 'video', 'audio', 'voice', 'document']);
/** Keys of a message's metadata that only the server writes. */
const serverKeys = ['mentions', 'media', 'event', 'actorId', 'userIds', 'messageId'];
const metadataOfType = {
  location: object({ metadata: locationMetadata }),
  contact: object({ metadata: contactMetadata }),
};

/** Rejects a body that lacks a field of its type, or has one that its type cannot have. */
export const assertShape = (body: SendMessage) => {
  const { messageType = 'text', content, mediaId, metadata = {} } = body;
  if (body.forwardOf) return assertForward(body);
  if (serverKeys.some((key) => Object.hasOwn(metadata, key)))
    throw invalidField('metadata', 'object.unknown');
  if (typesWithMedia.has(messageType) !== Boolean(mediaId))
    throw invalidField('mediaId', mediaId ? 'object.unknown' : 'any.required');
  assertContent(messageType, content);
  if (messageType === 'location' || messageType === 'contact')
    parse(metadataOfType[messageType], { metadata });
};

const fieldsOfForward = new Set(['chatId', 'clientMessageId', 'forwardOf']);

/** A forward copies its message unchanged, so the body has no other field. */
const assertForward = (body: SendMessage) => {
  for (const [field, value] of Object.entries(body))
    if (!fieldsOfForward.has(field) && value !== null && value !== undefined)
      throw invalidField('forwardOf', 'object.oxor');
};

/** A text message must hold visible text. With other types, content is an optional caption. */
export const assertContent = (messageType: string, content: string | null | undefined) => {
  if (messageType === 'text' ? !hasVisibleText(content ?? '') : content && !hasVisibleText(content))
    throw invalidField('content', 'text.empty');
  if (messageType !== 'text' && [...(content ?? '')].length > sizes.caption)
    throw invalidField('content', 'text.max');
};
