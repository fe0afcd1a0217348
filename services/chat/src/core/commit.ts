import type { Payload, chatPush } from '@taar/contracts';

type Push = typeof chatPush;
/** Events that tell of a durable change in a chat, and so carry its `changeSeq`. */
export type ChatEvent =
  | 'message_received'
  | 'message_updated'
  | 'message_deleted'
  | 'reaction_updated'
  | 'message_pinned'
  | 'chat_updated'
  | 'members_updated';
export type PayloadOf<E extends ChatEvent> = Payload<Push[E]>;

type Told = { [E in ChatEvent]: { event: E; payload: PayloadOf<E> } }[ChatEvent];

/** One durable change, as told to whoever is connected. The same for every receiver. */
export type Change = Told & {
  changeSeq: number;
  /**
   * The message that it shows, or after which it came: who joined later is told only that
   * something changed.
   */
  seq?: number;
  /** Nobody else may learn of it. */
  onlyFor?: string;
  /** What the author's own devices get instead. */
  own?: { userId: string; payload: PayloadOf<'message_received'> };
  /** The socket that has it already, from its ack. */
  exceptSocket?: string;
};

/** What one transaction changed in one chat, in the order of `changeSeq`. */
export type Commit = {
  chatId: string;
  /** Proves which membership the change was made under. */
  memberEpoch: number;
  changes: Change[];
  /** People whose sockets do not stand in the chat's room yet. */
  joined?: string[];
  /** People who are out of the chat, and by which version of theirs they find what it took. */
  versions?: Record<string, number>;
};

/** Hands commits to the sockets of all nodes. Called after the transaction, never within. */
export type PublishCommits = (commits: Commit[]) => void;
