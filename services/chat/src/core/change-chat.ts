import type { ServerPayload, SystemEvent } from '@taar/contracts';
import { type ChatDb, type ServiceTx, databaseError } from '@taar/db';
import { chatNotFound } from './access.ts';
import type { Change, ChatEvent, PublishCommits } from './commit.ts';
import { insertSystemMessage } from './system-message.ts';

export type ChatTx = ServiceTx<'chat'>;
export type ChangeDeps = { db: ChatDb; publishCommits: PublishCommits };

/** The chat's row as locked. A field set here is stored together with the change. */
export type LockedChat = {
  id: string;
  isGroup: boolean;
  name: string | null;
  description: string | null;
  avatarUrl: string | null;
  lastSeq: number;
  changeSeq: number;
  memberEpoch: number;
  memberCount: number;
  settings: Record<string, unknown>;
  closedAt: Date | null;
  /** The database's time of the change. */
  at: Date;
};

type Common = 'chatId' | 'changeSeq' | 'at';

/** One change of a chat under way: its transaction, its locked row and its effects. */
export type ChatChange = {
  tx: ChatTx;
  chat: LockedChat;
  /** Takes the next change number, for one durable change and the row that it touches. */
  nextChangeSeq: () => number;
  /** Emits the event of the change with this number to the chat, after the commit. */
  emit: <E extends Exclude<ChatEvent, 'message_received'>>(
    changeSeq: number,
    event: E,
    payload: Omit<ServerPayload<E>, Common>,
    options?: Pick<Change, 'seq' | 'onlyFor'>,
  ) => void;
  /** Writes a message in the system's name, which is a change with a number of its own. */
  postSystemMessage: (
    event: SystemEvent,
    actorId: string | null,
    userIds?: string[],
    details?: object,
  ) => Promise<void>;
  /** Required when members or roles change: sends checked under the old epoch then fail. */
  bumpMemberEpoch: () => void;
  /** Has the sockets of new members join the chat's room, after the commit. */
  joinRooms: (userIds: string[]) => void;
  /** Emits their new private versions to former members, who are no longer in the chat's room. */
  emitUserVersions: (versions: Map<string, number>) => void;
};

const maxTries = 3;
const transactionOptions = { maxWait: 2_000, timeout: 5_000 };

/**
 * Changes a chat under its lock: every durable change but a send goes through here. Events go out
 * after the commit, numbered without a gap. `insertChat` creates the chat in the same transaction.
 */
export const changeChat = async <T>(
  deps: ChangeDeps,
  chatId: string,
  work: (change: ChatChange) => Promise<T>,
  insertChat?: (tx: ChatTx) => Promise<void>,
): Promise<T> => {
  for (let tries = 1; ; tries++)
    try {
      return await attempt(deps, chatId, work, insertChat);
    } catch (error) {
      if (!isRace(error) || tries >= maxTries) throw error;
    }
};

const isRace = (error: unknown) => {
  const known = databaseError(error);
  return known?.kind === 'unavailable' && /^(40P01|40001|P2034)$/.test(known.code);
};

const attempt = async <T>(
  { db, publishCommits }: ChangeDeps,
  chatId: string,
  work: (change: ChatChange) => Promise<T>,
  insertChat?: (tx: ChatTx) => Promise<void>,
): Promise<T> => {
  const effects: Effects = { changes: [], joined: [], versions: {} };
  const { result, memberEpoch } = await db.$transaction(async (tx) => {
    await insertChat?.(tx);
    const chat = await lockChat(tx, chatId);
    const before = { ...chat };
    const outcome = await work(createChange(tx, chat, effects));
    await storeChat(tx, chat, before);
    return { result: outcome, memberEpoch: chat.memberEpoch };
  }, transactionOptions);
  if (effects.changes.length > 0 || effects.joined.length > 0)
    publishCommits([{ chatId, memberEpoch, ...effects }]);
  return result;
};

/** Collected while the change is under way, published after its commit. */
type Effects = { changes: Change[]; joined: string[]; versions: Record<string, number> };

const createChange = (tx: ChatTx, chat: LockedChat, effects: Effects): ChatChange => {
  const { changes, joined, versions } = effects;
  const nextChangeSeq = () => (chat.changeSeq += 1);
  return {
    tx,
    chat,
    nextChangeSeq,
    emit: (changeSeq, event, payload, options = {}) => {
      const common = { chatId: chat.id, changeSeq, at: chat.at.toISOString() };
      changes.push({
        // A member who joins later may be in the room by then, and must not see the change.
        seq: Math.max(1, chat.lastSeq),
        ...options,
        changeSeq,
        event,
        payload: { ...common, ...payload },
      } as unknown as Change);
    },
    postSystemMessage: async (event, actorId, userIds, details = {}) => {
      chat.lastSeq += 1;
      const changeSeq = nextChangeSeq();
      const metadata = { event, actorId, ...(userIds && { userIds }), ...details };
      const message = await insertSystemMessage(tx, chat, metadata);
      changes.push({
        changeSeq,
        event: 'message_received',
        payload: { message, chat: { id: chat.id, lastSeq: chat.lastSeq, changeSeq } },
        seq: chat.lastSeq,
      });
    },
    bumpMemberEpoch: () => (chat.memberEpoch += 1),
    joinRooms: (userIds) => joined.push(...userIds),
    emitUserVersions: (newer) => Object.assign(versions, Object.fromEntries(newer)),
  };
};

const lockChat = async (tx: ChatTx, chatId: string): Promise<LockedChat> => {
  const [row] = await tx.$queryRaw<
    (Omit<LockedChat, 'lastSeq' | 'changeSeq'> & { lastSeq: bigint; changeSeq: bigint })[]
  >`
    SELECT
      id,
      is_group AS "isGroup",
      name,
      description,
      avatar_url AS "avatarUrl",
      last_seq AS "lastSeq",
      change_seq AS "changeSeq",
      member_epoch AS "memberEpoch",
      member_count AS "memberCount",
      settings,
      closed_at AS "closedAt",
      clock_timestamp() AS at
    FROM chats
    WHERE id = ${chatId}::uuid
    FOR NO KEY UPDATE`;
  if (!row) throw chatNotFound();
  return { ...row, lastSeq: Number(row.lastSeq), changeSeq: Number(row.changeSeq) };
};

const storeChat = async (tx: ChatTx, chat: LockedChat, before: LockedChat) => {
  if (chat.changeSeq === before.changeSeq && chat.memberEpoch === before.memberEpoch) return;
  const lastMessageAt = chat.lastSeq > before.lastSeq ? chat.at : null;
  await tx.$executeRaw`
    UPDATE chats
    SET last_seq = ${chat.lastSeq},
      change_seq = ${chat.changeSeq},
      member_epoch = ${chat.memberEpoch},
      member_count = ${chat.memberCount},
      name = ${chat.name},
      description = ${chat.description},
      avatar_url = ${chat.avatarUrl},
      settings = ${JSON.stringify(chat.settings)}::jsonb,
      closed_at = ${chat.closedAt},
      last_change_at = ${chat.at},
      updated_at = ${chat.at},
      last_message_at = coalesce(${lastMessageAt}::timestamptz, last_message_at)
    WHERE id = ${chat.id}::uuid`;
};
