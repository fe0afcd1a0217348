import type { Payload, chatPush } from '@taar/contracts';

type Push = typeof chatPush;
export type EventName = keyof Push;
export type PayloadOf<E extends EventName> = Payload<Push[E]>;
/** Events that tell of one durable change of one chat. */
export type DurableName =
  | 'chat_changed'
  | 'message_received'
  | 'message_updated'
  | 'message_deleted'
  | 'reaction_updated'
  | 'message_pinned'
  | 'chat_updated'
  | 'members_updated';
export type Durable = { [E in DurableName]: { event: E; payload: PayloadOf<E> } }[DurableName];

const durable = new Set<string>([
  'chat_changed',
  'message_received',
  'message_updated',
  'message_deleted',
  'reaction_updated',
  'message_pinned',
  'chat_updated',
  'members_updated',
] satisfies DurableName[]);

export const isDurable = (event: string): event is DurableName => durable.has(event);

/** Which change of which chat an event tells of. */
export const positionOf = (told: Durable): { chatId: string; changeSeq: number } =>
  told.event === 'message_received'
    ? { chatId: told.payload.chat.id, changeSeq: told.payload.chat.changeSeq }
    : told.payload;
