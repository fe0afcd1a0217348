import type { Message, SendMessage } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { assertMaySend } from '../members/access.ts';
import { payloadHash, toDraft, toNewMessage } from './draft.ts';
import { readSent } from './queries.ts';
import { hasReferences, resolveReferences } from './references.ts';
import { assertShape } from './shape.ts';

type Sent = { outcome: 'created' | 'replayed'; body: Message };

/** A removal or promotion may commit between the check and the lock; then both are read again. */
const maxTries = 3;

/** Forwarded so often already, a message goes to one chat at a time. */
const manyTimes = 5;

const replay = async (db: Deps['db'], userId: string, id: string): Promise<Sent> => ({
  outcome: 'replayed',
  body: await readSent(db, userId, id),
});
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

const refer = async (
  { db, spendLimit }: Pick<Deps, 'db' | 'spendLimit'>,
  { userId, sessionId }: Actor,
  body: SendMessage,
) => {
  if (!hasReferences(body)) return {};
  const references = await resolveReferences(db, userId, body);
  if ((references.forwarded?.forwardCount ?? 0) >= manyTimes)
    await spendLimit('forwardOften', { address: '', userId, sessionId }, body);
  return references;
};

export const sendMessage = async (
  deps: Pick<Deps, 'db' | 'commit' | 'spendLimit'>,
  actor: Actor,
  body: SendMessage,
): Promise<Sent> => {
  const { db, commit } = deps;
  const { userId } = actor;
  assertShape(body);
  const earlier = hasReferences(body) ? await findEarlier(db, userId, body) : null;
  if (earlier) return earlier;
  const references = await refer(deps, actor, body);
  const draft = toDraft(userId, body, references, actor.socketId);

  for (let tries = 1; ; tries++) {
    const stored = await commit(draft);
    if (stored.outcome === 'created')
      return {
        outcome: 'created',
        body: {
          ...toNewMessage(draft, stored),
          clientMessageId: body.clientMessageId,
          replyTo: references.replyTo ?? null,
          my: { starred: false, reaction: null },
        },
      };
    if (stored.outcome === 'replayed') return replay(db, userId, stored.id);
    if (stored.outcome === 'conflict') throw conflict();
    await assertMaySend(db, body.chatId, userId);
    if (tries >= maxTries)
      throw new AppError('dependency_unavailable', 'Try again.', { retryAfterMs: 500 });
  }
};
