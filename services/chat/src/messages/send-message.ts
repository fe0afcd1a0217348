import type { Message, MessagePreview, SendMessage } from '@taar/contracts';
import type { ChatDb } from '@taar/db';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { assertMaySend } from '../core/access.ts';
import { type Draft, payloadHash, toDraft } from '../core/draft.ts';
import type { Stored } from '../core/insert-messages.ts';
import { readSent } from '../core/select-messages.ts';
import { toNewMessage } from '../core/new-message.ts';
import type { Deps } from '../deps.ts';
import { hasReferences, resolveReferences } from './resolve-references.ts';
import { assertShape } from './assert-shape.ts';

type Sent = { outcome: 'created' | 'replayed'; body: Message };
type SendDeps = Pick<Deps, 'db' | 'chatBudget' | 'storeMessage' | 'orderedQueue' | 'spendLimit'>;

/** Stores a message once, after every message that the same socket sent to the chat before it. */
export const sendMessage = async (
  deps: SendDeps,
  actor: Actor,
  body: SendMessage,
): Promise<Sent> => {
  assertShape(body);
  const { userId, socketId } = actor;
  const turn = deps.orderedQueue(socketId === undefined ? null : `${socketId}:${body.chatId}`);
  try {
    // A retry is recognised first: the rows that it refers to may be gone by now.
    const stored = hasReferences(body) ? await findStored(deps.db, userId, body) : null;
    if (stored) return stored;
    const references = await resolveReferences(deps, actor, body);
    const replayed = await takeFromBudget(deps, userId, body);
    if (replayed) return replayed;

    const draft = toDraft(userId, body, references, socketId);
    await turn.reached;
    const storing = storeWithinBudget(deps, draft);
    turn.pass();
    return await toSent(deps.db, draft, await storing, references.replyTo ?? null);
  } finally {
    turn.pass();
  }
};

/** The message of an earlier send with the same id; the same id with another body is a conflict. */
const findStored = async (db: ChatDb, userId: string, body: SendMessage): Promise<Sent | null> => {
  const { clientMessageId } = body;
  const stored = await db.message.findFirst({
    where: { senderId: userId, clientMessageId },
    select: { id: true, payloadHash: true },
  });
  if (!stored) return null;
  if (Buffer.from(stored.payloadHash!).toString('hex') !== payloadHash(body))
    throw idempotencyConflict();
  return { outcome: 'replayed', body: await readSent(db, userId, stored.id) };
};

/** Takes one message from the chat's budget. A retry that the budget refuses finds its message. */
const takeFromBudget = async (
  { db, chatBudget }: SendDeps,
  userId: string,
  body: SendMessage,
): Promise<Sent | null> => {
  const { chatId } = body;
  try {
    await chatBudget.take(chatId, () => assertMaySend(db, chatId, userId));
    return null;
  } catch (refusal) {
    const stored = await findStored(db, userId, body);
    if (stored) return stored;
    throw refusal;
  }
};

const storeWithinBudget = async (
  { chatBudget, storeMessage }: SendDeps,
  draft: Draft,
): Promise<Stored> => {
  let stored: Stored | undefined;
  try {
    return (stored = await storeMessage(draft));
  } finally {
    if (stored?.outcome !== 'created') chatBudget.giveBack(draft.chatId);
  }
};

const toSent = async (
  db: ChatDb,
  draft: Draft,
  stored: Stored,
  replyTo: MessagePreview | null,
): Promise<Sent> => {
  const { chatId, senderId, clientMessageId } = draft;
  if (stored.outcome === 'created') {
    const my = { starred: false, reaction: null };
    const body = { ...toNewMessage(draft, stored), clientMessageId, replyTo, my };
    return { outcome: 'created', body };
  }
  if (stored.outcome === 'replayed')
    return { outcome: 'replayed', body: await readSent(db, senderId, stored.id) };
  if (stored.outcome === 'conflict') throw idempotencyConflict();
  await assertMaySend(db, chatId, senderId);
  // The sender may send again by now, but a later send of theirs may be stored already.
  throw new AppError('dependency_unavailable', 'The chat is changing. Try again.', {
    retryAfterMs: 500,
  });
};

const idempotencyConflict = () =>
  new AppError('idempotency_conflict', 'This clientMessageId was used for another message.');
