import type { DurableEventName, ServerPayload } from '@taar/contracts';
import { durableEvents } from './contract.ts';

/** One numbered change of one chat. */
export type DurableEvent = {
  [E in DurableEventName]: { name: E; payload: ServerPayload<E> };
}[DurableEventName];

const durableNames = new Set<string>(durableEvents satisfies readonly DurableEventName[]);

export const isDurable = (name: string): name is DurableEventName => durableNames.has(name);

/** The chat of a durable event and its change number there. */
export const positionOf = ({
  name,
  payload,
}: DurableEvent): { chatId: string; changeSeq: number } =>
  name === 'message_received'
    ? { chatId: payload.chat.id, changeSeq: payload.chat.changeSeq }
    : payload;
