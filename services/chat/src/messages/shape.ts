import {
  type SendMessage,
  contactMetadata,
  isVisible,
  locationMetadata,
  object,
  sizes,
} from '@taar/contracts';
import { invalidField, parse } from '@taar/kit/edge';

const withMedia = new Set<string>(['image', 'video', 'audio', 'voice', 'document']);
/** Keys of a message's metadata that only the server writes. */
const serverKeys = ['mentions', 'media', 'event', 'actorId', 'userIds', 'messageId'];

const structured = {
  location: object({ metadata: locationMetadata }),
  contact: object({ metadata: contactMetadata }),
};

/** A text is something to see; beside anything else, content is its caption. */
export const assertContent = (messageType: string, content: string | null | undefined) => {
  if (messageType === 'text' ? !isVisible(content ?? '') : content && !isVisible(content))
    throw invalidField('content', 'text.empty');
  if (messageType !== 'text' && [...(content ?? '')].length > sizes.caption)
    throw invalidField('content', 'text.max');
};

const isGiven = (value: unknown) => value !== null && value !== undefined;

// A forward is what it was: nothing is added to it or changed.
const assertForward = ({
  chatId: _,
  clientMessageId: __,
  forwardOf: ___,
  ...more
}: SendMessage) => {
  if (Object.values(more).some(isGiven)) throw invalidField('forwardOf', 'object.oxor');
};

/** Which fields each type needs, and which it cannot have. */
export const assertShape = (body: SendMessage) => {
  const { messageType = 'text', content, mediaId, metadata = {} } = body;
  if (body.forwardOf) return assertForward(body);
  if (serverKeys.some((key) => Object.hasOwn(metadata, key)))
    throw invalidField('metadata', 'object.unknown');
  if (withMedia.has(messageType) !== Boolean(mediaId))
    throw invalidField('mediaId', mediaId ? 'object.unknown' : 'any.required');
  assertContent(messageType, content);
  if (messageType === 'location' || messageType === 'contact')
    parse(structured[messageType], { metadata });
};
