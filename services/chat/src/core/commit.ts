import type { DurableEventName, ServerPayload } from '@taar/contracts';

/** Durable events that show their change; `chat_changed` stands for one that may not be shown. */
export type ChatEvent = Exclude<DurableEventName, 'chat_changed'>;

type Told = { [E in ChatEvent]: { event: E; payload: ServerPayload<E> } }[ChatEvent];

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
  own?: { userId: string; payload: ServerPayload<'message_received'> };
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
