import { type Chat, type SyncAnswer, type SyncRequest, protocolVersion } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import { readChatsById } from '../core/read-chats.ts';
import type { Deps } from '../deps.ts';
import { findBehind, withinBudget } from './find-behind.ts';
import { readChanges } from '../core/read-changes.ts';
import { type PrivateChanges, readPrivateChanges } from './private-changes.ts';
import { truncateToBytes, truncatePrivateChanges } from './truncate-to-bytes.ts';
import { fromSince, toSince } from './since.ts';

const defaultPerChat = 50;
const defaultBudget = 200;
/** A client that states no size gets what a link of 8 kB/s carries before its ack times out. */
const defaultMaxBytes = 64 * 1024;
/** No message has fewer bytes as JSON: more of them than this need not be read. */
const leastMessageBytes = 400;
/** Likewise for a private change. */
const leastPrivateChangeBytes = 40;

type SyncDeps = Pick<Deps, 'db' | 'admitSync' | 'rooms'>;

export const sync = async (
  deps: SyncDeps,
  actor: Actor,
  request: SyncRequest,
): Promise<SyncAnswer> => {
  if (request.protocol !== protocolVersion)
    throw new AppError(
      'client_too_old',
      `This server supports protocol ${protocolVersion} only. Update the app.`,
    );
  return deps.admitSync(() => answerSync(deps, actor, request));
};

const answerSync = async (
  { db, rooms }: SyncDeps,
  { userId, socketId }: Actor,
  request: SyncRequest,
): Promise<SyncAnswer> => {
  const { maxBytes = defaultMaxBytes } = request;
  const mostMessages = Math.ceil(maxBytes / leastMessageBytes);
  const perChat = Math.min(request.perChat ?? defaultPerChat, mostMessages);
  const budget = Math.min(request.budget ?? defaultBudget, mostMessages);
  // Before the read: a change that commits after it must reach this socket as an event.
  if (socketId !== undefined) await rooms.joinChats(socketId, userId);
  const mostPrivateChanges = Math.ceil(maxBytes / leastPrivateChangeBytes);
  const page = await readPrivateChanges(db, userId, mostPrivateChanges, request.userVer);
  const behind = await findBehind(db, userId, request.chats, fromSince(request.since, page));
  const served = withinBudget(behind, perChat, budget);
  const memberships = page.rows.filter(({ kind }) => kind === 'chat').map(({ ref }) => ref);
  const wanted = request.want?.receipts;
  const ids = [...new Set([...served.map(({ id }) => id), ...memberships, ...(wanted ?? [])])];
  const changes = await readChanges(db, userId, served, perChat);
  const chats = new Map((await readChatsById(db, userId, ids)).map((chat) => [chat.id, chat]));
  const own = truncatePrivateChanges(page, chats, maxBytes);
  const listed = new Set(request.chats.map(({ id }) => id));
  const privateAnswer = groupPrivateChanges(own, listed, chats);
  const answered = served.flatMap(({ id }) => {
    const chat = chats.get(id);
    const found = changes.get(id);
    if (!chat || !found) return [];
    const { stay, ...rest } = found;
    // The member left or returned between the two statements: the changes are of another stay.
    if (chat.my.joinedSeq !== stay.joinedSeq || chat.my.leftSeq !== stay.leftSeq) return [];
    const { changeSeq, lastSeq } = chat;
    return [{ id, changeSeq, lastSeq, chat, ...rest }];
  });
  const fitting = truncateToBytes(answered, privateAnswer, maxBytes);
  const hasUnreadChats = [...privateAnswer.newChats, ...privateAnswer.removed].some(
    ({ changeSeq }) => changeSeq > 0,
  );

  return {
    serverTime: own.at.toISOString(),
    since: toSince(own.epoch, own.at),
    epoch: own.epoch,
    userVer: own.userVer,
    ...privateAnswer,
    chats: fitting,
    ...(wanted && { receipts: receiptsOf(wanted, chats) }),
    hasMore:
      own.hasMore ||
      hasUnreadChats ||
      fitting.length < behind.length ||
      fitting.some(({ hasMore }) => hasMore),
  };
};

type PrivateAnswer = Pick<SyncAnswer, 'my' | 'newChats' | 'removed'>;

/**
 * Groups the private changes as the answer has them. `listed` are the chats that the client knows;
 * a chat without a change is in no group.
 */
const groupPrivateChanges = (
  { rows }: PrivateChanges,
  listed: Set<string>,
  chats: Map<string, Chat>,
): PrivateAnswer => {
  const of = (kind: PrivateChanges['rows'][number]['kind']) =>
    rows.filter((row) => row.kind === kind);
  const refs = (kind: 'no_star' | 'no_block' | 'block') => of(kind).map(({ ref }) => ref);
  const messages = (kind: 'star' | 'hidden') =>
    of(kind).map(({ ref, chatId }) => ({ chatId, messageId: ref }));
  const memberships = of('chat').flatMap(({ chatId }) => chats.get(chatId) ?? []);
  const active = memberships.filter(({ my }) => my.membership === 'active');

  return {
    my: {
      chats: active.filter(({ id }) => listed.has(id)).map(({ id, my }) => ({ id, my })),
      unstarred: refs('no_star'),
      starred: messages('star'),
      hidden: messages('hidden'),
      unblocked: refs('no_block'),
      blocked: refs('block'),
    },
    newChats: active.filter(({ id }) => !listed.has(id)),
    removed: memberships
      .filter(({ my }) => my.membership !== 'active')
      .map((chat) => ({
        id: chat.id,
        changeSeq: chat.changeSeq,
        leftSeq: chat.my.leftSeq ?? 0,
        chat,
      })),
  };
};

const receiptsOf = (ids: string[], chats: Map<string, Chat>) =>
  ids.flatMap((id) => {
    const receipts = chats.get(id)?.receipts;
    return receipts ? [{ id, ...receipts }] : [];
  });
