import type { Message, MessagePreview, SendMessage } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { assertMaySend } from '../core/access.ts';
import type { Draft, Stored } from '../core/insert-messages.ts';
import { payloadHash, toDraft, toNewMessage } from '../core/draft.ts';
import { readSent } from '../core/message-rows.ts';
import { hasReferences, resolveReferences } from './references.ts';
import { assertShape } from './shape.ts';

type Sent = { outcome: 'created' | 'replayed'; body: Message };

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

type DepsOfSend = Pick<Deps, 'db' | 'chatBudget' | 'commit' | 'inLine' | 'spendLimit'>;
type Prepared = { earlier: Sent } | { draft: Draft; replyTo: MessagePreview | null };

const prepare = async (deps: DepsOfSend, actor: Actor, body: SendMessage): Promise<Prepared> => {
  const { db, chatBudget } = deps;
  const { userId, socketId } = actor;
  const { chatId } = body;
  const earlier = hasReferences(body) ? await findEarlier(db, userId, body) : null;
  if (earlier) return { earlier };
  const references = await refer(deps, actor, body);
  try {
    await chatBudget.take(chatId, () => assertMaySend(db, chatId, userId));
  } catch (refused) {
    const taken = await findEarlier(db, userId, body);
    if (taken) return { earlier: taken };
    throw refused;
  }
  return {
    draft: toDraft(userId, body, references, socketId),
    replyTo: references.replyTo ?? null,
  };
};

const commitWithin = async ({ chatBudget, commit }: DepsOfSend, draft: Draft): Promise<Stored> => {
  let stored: Stored | undefined;
  try {
    return (stored = await commit(draft));
  } finally {
    if (stored?.outcome !== 'created') chatBudget.giveBack(draft.chatId);
  }
};

const store = async (
  deps: DepsOfSend,
  { userId }: Actor,
  body: SendMessage,
  prepared: Prepared,
): Promise<Sent> => {
  if ('earlier' in prepared) return prepared.earlier;
  const { draft, replyTo } = prepared;
  const stored = await commitWithin(deps, draft);
  if (stored.outcome === 'created')
    return {
      outcome: 'created',
      body: {
        ...toNewMessage(draft, stored),
        clientMessageId: body.clientMessageId,
        replyTo,
        my: { starred: false, reaction: null },
      },
    };
  if (stored.outcome === 'replayed') return replay(deps.db, userId, stored.id);
  if (stored.outcome === 'conflict') throw conflict();
  await assertMaySend(deps.db, body.chatId, userId);
  // It may be sent by now, but what was sent after it may be stored already.
  throw new AppError('dependency_unavailable', 'Try again.', { retryAfterMs: 500 });
};

/** Stores a message once, after everything that the same socket sent to the chat before it. */
export const sendMessage = async (
  deps: DepsOfSend,
  actor: Actor,
  body: SendMessage,
): Promise<Sent> => {
  assertShape(body);
  const line = actor.socketId === undefined ? null : `${actor.socketId}:${body.chatId}`;
  return deps.inLine(
    line,
    () => prepare(deps, actor, body),
    (prepared) => store(deps, actor, body, prepared),
  );
};
