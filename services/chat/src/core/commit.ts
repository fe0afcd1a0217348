import type { DurableEventName, ServerPayload } from '@taar/contracts';

/** Durable events that show their change; `chat_changed` stands for one that may not be shown. */
export type ChatEvent = Exclude<DurableEventName, 'chat_changed'>;

type EventWithPayload = { [E in ChatEvent]: { event: E; payload: ServerPayload<E> } }[ChatEvent];

/** One durable change, with the event that is the same for every receiver. */
export type Change = EventWithPayload & {
  changeSeq: number;
  /**
   * The message that changed, or the last message before the change. Members who joined later get
   * `chat_changed` in place of the event, which has no content.
   */
  seq?: number;
  /** The only user who gets the event. */
  onlyFor?: string;
  /** The sender, whose devices get this payload in place of the other one. */
  own?: { userId: string; payload: ServerPayload<'message_received'> };
  /** The sending socket, which gets the message by its ack. */
  exceptSocket?: string;
};

/** The changes of one transaction in one chat, in the order of `changeSeq`. */
export type Commit = {
  chatId: string;
  /** The epoch under which the changes were made: an older room may hold removed members. */
  memberEpoch: number;
  changes: Change[];
  /** New members, whose sockets must join the chat's room. */
  joined?: string[];
  /** New private versions of former members, who are not in the room, by user. */
  versions?: Record<string, number>;
};

/** Hands commits to the sockets of all nodes. Called after the transaction, never within. */
export type PublishCommits = (commits: Commit[]) => void;
