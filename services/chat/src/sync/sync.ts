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

type Own = Pick<SyncAnswer, 'my' | 'newChats' | 'removed'>;

/** Memberships newer than the client's version: new to it, changed, or ended. Absence says nothing. */
const sortOut = ({ rows }: PrivateChanges, listed: Set<string>, chats: Map<string, Chat>): Own => {
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

type SyncDeps = Pick<Deps, 'db' | 'admitSync' | 'rooms'>;

const read = async (
  { db, rooms }: SyncDeps,
  { userId, socketId }: Actor,
  request: SyncRequest,
): Promise<SyncAnswer> => {
  const { perChat = defaultPerChat, budget = defaultBudget } = request;
  // Before reading: what commits after the read reaches this socket as an event.
  if (socketId !== undefined) await rooms.joinChats(socketId, userId);
  const page = await readPrivateChanges(db, userId, request.userVer);
  const behind = await findBehind(db, userId, request.chats, fromSince(request.since, page));
  const served = withinBudget(behind, perChat, budget);
  const memberships = page.rows.filter(({ kind }) => kind === 'chat').map(({ ref }) => ref);
  const wanted = request.want?.receipts;
  const ids = [...new Set([...served.map(({ id }) => id), ...memberships, ...(wanted ?? [])])];
  const changes = await readChanges(db, userId, served, perChat);
  const chats = new Map((await readChatsById(db, userId, ids)).map((chat) => [chat.id, chat]));
  const own = truncatePrivateChanges(page, chats);
  const sorted = sortOut(own, new Set(request.chats.map(({ id }) => id)), chats);
  const answered = served.flatMap(({ id }) => {
    const chat = chats.get(id);
    const found = changes.get(id);
    if (!chat || !found) return [];
    const { stay, ...rest } = found;
    // Who came or went between the two would keep for ever what they were shown as another.
    if (chat.my.joinedSeq !== stay.joinedSeq || chat.my.leftSeq !== stay.leftSeq) return [];
    const { changeSeq, lastSeq } = chat;
    return [{ id, changeSeq, lastSeq, chat, ...rest }];
  });
  const fitting = truncateToBytes(answered, sorted);
  const unread = [...sorted.newChats, ...sorted.removed].some(({ changeSeq }) => changeSeq > 0);

  return {
    serverTime: own.at.toISOString(),
    since: toSince(own.epoch, own.at),
    epoch: own.epoch,
    userVer: own.userVer,
    ...sorted,
    chats: fitting,
    ...(wanted && { receipts: receiptsOf(wanted, chats) }),
    hasMore:
      own.hasMore ||
      unread ||
      fitting.length < behind.length ||
      fitting.some(({ hasMore }) => hasMore),
  };
};

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
  return deps.admitSync(() => read(deps, actor, request));
};
