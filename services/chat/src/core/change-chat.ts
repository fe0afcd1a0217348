import { type ChatDb, type ServiceTx, databaseError } from '@taar/db';
import type { SystemEvent } from '@taar/contracts';
import { v7 } from 'uuid';
import type { Change, ChatEvent, PayloadOf } from './commit.ts';
import type { Deps } from '../deps.ts';
import { chatNotFound } from './access.ts';
import { type MessageRow, selectMessages, toMessage } from './message-rows.ts';

export type ChatTx = ServiceTx<'chat'>;

/** The chat's row as locked. What is set here is stored together with the change. */
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
type Options = Pick<Change, 'seq' | 'onlyFor'>;

export type ChatChange = {
  tx: ChatTx;
  chat: LockedChat;
  /** Numbers one durable change; a row that it touches gets this number. */
  next: () => number;
  /** Tells, after the commit, of the change numbered last. */
  tell: <E extends Exclude<ChatEvent, 'message_received'>>(
    event: E,
    payload: Omit<PayloadOf<E>, Common>,
    options?: Options,
  ) => void;
  /** A system message, which is a change of its own. */
  say: (
    event: SystemEvent,
    actorId: string | null,
    userIds?: string[],
    more?: object,
  ) => Promise<void>;
  /** Somebody came, left or changed role: whoever acts on the old membership is refused. */
  moveEpoch: () => void;
  /** These people's sockets do not stand in the chat's room yet. */
  welcome: (userIds: string[]) => void;
  /** These people are out already, and learn of it by the newer versions of theirs. */
  tellOutsiders: (versions: Map<string, number>) => void;
};

const maxTries = 3;
const options = { maxWait: 2_000, timeout: 5_000 };

const lock = async (tx: ChatTx, chatId: string): Promise<LockedChat> => {
  const [row] = await tx.$queryRaw<
    (Omit<LockedChat, 'lastSeq' | 'changeSeq'> & { lastSeq: bigint; changeSeq: bigint })[]
  >`
    SELECT id, is_group AS "isGroup", name, description, avatar_url AS "avatarUrl",
      last_seq AS "lastSeq", change_seq AS "changeSeq", member_epoch AS "memberEpoch",
      member_count AS "memberCount", settings, closed_at AS "closedAt", clock_timestamp() AS at
    FROM chats WHERE id = ${chatId}::uuid FOR NO KEY UPDATE`;
  if (!row) throw chatNotFound();
  return { ...row, lastSeq: Number(row.lastSeq), changeSeq: Number(row.changeSeq) };
};

type SystemMetadata = { event: SystemEvent; actorId: string | null; userIds?: string[] };

const insertSystemMessage = async (tx: ChatTx, chat: LockedChat, metadata: SystemMetadata) => {
  const id = v7();
  await tx.$executeRaw`
    INSERT INTO messages (id, chat_id, seq, change_seq, message_type, metadata, created_at, updated_at)
    VALUES (${id}::uuid, ${chat.id}::uuid, ${chat.lastSeq}, ${chat.changeSeq}, 'system',
      ${JSON.stringify(metadata)}::jsonb, ${chat.at}, ${chat.at})`;
  // As with own sends: whoever caused it has read it, if nothing unread stood between.
  await tx.$executeRaw`
    UPDATE chat_members SET last_read_seq = ${chat.lastSeq},
      last_delivered_seq = greatest(last_delivered_seq, ${chat.lastSeq}::bigint)
    WHERE chat_id = ${chat.id}::uuid AND user_id = ${metadata.actorId}::uuid AND left_at IS NULL
      AND last_read_seq = ${chat.lastSeq - 1}::bigint`;
  const [row] = await tx.$queryRaw<MessageRow[]>`${selectMessages} WHERE m.id = ${id}::uuid`;
  return toMessage(row!, null);
};

const attempt = async <T>(
  { db, publish }: Pick<Deps, 'db' | 'publish'>,
  chatId: string,
  work: (change: ChatChange) => Promise<T>,
  insert?: (tx: ChatTx) => Promise<void>,
): Promise<T> => {
  const changes: Change[] = [];
  const joined: string[] = [];
  const versions: Record<string, number> = {};
  let memberEpoch = 0;
  const result = await db.$transaction(async (tx) => {
    await insert?.(tx);
    const chat = await lock(tx, chatId);
    const before = { ...chat };
    const next = () => (chat.changeSeq += 1);
    const outcome = await work({
      tx,
      chat,
      next,
      tell: (event, payload, about = {}) => {
        const common = { chatId, changeSeq: chat.changeSeq, at: chat.at.toISOString() };
        changes.push({
          // Not for those who come later, and may stand in the room when it is told.
          seq: Math.max(1, chat.lastSeq),
          ...about,
          changeSeq: chat.changeSeq,
          event,
          payload: { ...common, ...payload },
        } as unknown as Change);
      },
      say: async (event, actorId, userIds, more = {}) => {
        chat.lastSeq += 1;
        const changeSeq = next();
        const message = await insertSystemMessage(tx, chat, {
          event,
          actorId,
          ...(userIds && { userIds }),
          ...more,
        });
        const head = { id: chatId, lastSeq: chat.lastSeq, changeSeq };
        changes.push({
          changeSeq,
          event: 'message_received',
          payload: { message, chat: head },
          seq: chat.lastSeq,
        });
      },
      moveEpoch: () => (chat.memberEpoch += 1),
      welcome: (userIds) => joined.push(...userIds),
      tellOutsiders: (newer) => Object.assign(versions, Object.fromEntries(newer)),
    });
    memberEpoch = chat.memberEpoch;
    if (chat.changeSeq > before.changeSeq || chat.memberEpoch > before.memberEpoch)
      await tx.$executeRaw`
        UPDATE chats SET last_seq = ${chat.lastSeq}, change_seq = ${chat.changeSeq},
          member_epoch = ${chat.memberEpoch}, member_count = ${chat.memberCount}, name = ${chat.name},
          description = ${chat.description}, avatar_url = ${chat.avatarUrl},
          settings = ${JSON.stringify(chat.settings)}::jsonb, closed_at = ${chat.closedAt},
          last_change_at = ${chat.at}, updated_at = ${chat.at},
          last_message_at = CASE WHEN ${chat.lastSeq > before.lastSeq} THEN ${chat.at} ELSE last_message_at END
        WHERE id = ${chatId}::uuid`;
    return outcome;
  }, options);
  if (changes.length > 0 || joined.length > 0)
    publish([{ chatId, memberEpoch, changes, joined, versions }]);
  return result;
};

const isRace = (error: unknown) => {
  const known = databaseError(error);
  return known?.kind === 'unavailable' && /^(40P01|40001|P2034)$/.test(known.code);
};

/**
 * Changes a chat under its lock: every durable change but a send goes through here. Events go out
 * after the commit, numbered without a gap. `insert` makes a chat that is to be in the same
 * transaction.
 */
export const changeChat = async <T>(
  deps: { db: ChatDb; publish: Deps['publish'] },
  chatId: string,
  work: (change: ChatChange) => Promise<T>,
  insert?: (tx: ChatTx) => Promise<void>,
): Promise<T> => {
  for (let tries = 1; ; tries++)
    try {
      return await attempt(deps, chatId, work, insert);
    } catch (error) {
      if (!isRace(error) || tries >= maxTries) throw error;
    }
};
