import type { Message, SendMessage } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { assertMaySend } from '../members/access.ts';
import { assertShape, payloadHash, toDraft, toNewMessage } from './draft.ts';
import { findMessage } from './queries.ts';
import { hasReferences, resolveReferences } from './references.ts';

type Sent = { outcome: 'created' | 'replayed'; body: Message };

/** A removal or promotion may commit between the check and the lock; then both are read again. */
const maxTries = 3;

const replay = async (db: Deps['db'], userId: string, id: string): Promise<Sent> => {
  const body = await findMessage(db, userId, id);
  if (!body) throw new AppError('message_not_found', 'The message was deleted for you.');
  return { outcome: 'replayed', body };
};
const conflict = () =>
  new AppError('idempotency_conflict', 'This clientMessageId was used for another message.');

// What a body points at may be gone by the time of a retry, so the retry is recognised first.
const findEarlier = async (db: Deps['db'], userId: string, body: SendMessage) => {
  const { clientMessageId } = body;
  const earlier = await db.message.findFirst({
    where: { senderId: userId, clientMessageId },
    select: { id: true, payloadHash: true },
  });
  if (!earlier) return null;
  if (Buffer.from(earlier.payloadHash!).toString('hex') !== payloadHash(body)) throw conflict();
  return replay(db, userId, earlier.id);
};

export const sendMessage = async (
  { db, commit }: Pick<Deps, 'db' | 'commit'>,
  { userId, socketId }: Actor,
  body: SendMessage,
): Promise<Sent> => {
  assertShape(body);
  const earlier = hasReferences(body) ? await findEarlier(db, userId, body) : null;
  if (earlier) return earlier;
  const references = hasReferences(body) ? await resolveReferences(db, userId, body) : {};
  const draft = toDraft(userId, body, references, socketId);

  for (let tries = 1; ; tries++) {
    const stored = await commit(draft);
    if (stored.outcome === 'created') {
      const message = toNewMessage(draft, stored);
      const my = { starred: false, reaction: null };
      return {
        outcome: 'created',
        body: { ...message, clientMessageId: body.clientMessageId, my },
      };
    }
    if (stored.outcome === 'replayed') return replay(db, userId, stored.id);
    if (stored.outcome === 'conflict') throw conflict();
    await assertMaySend(db, body.chatId, userId);
    if (tries >= maxTries)
      throw new AppError('dependency_unavailable', 'Try again.', { retryAfterMs: 500 });
  }
};
