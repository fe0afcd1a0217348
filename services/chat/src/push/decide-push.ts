import type { Recipient } from './list-recipients.ts';
import type { NewMessage } from './push-payloads.ts';
import type { Suppression } from './suppression.ts';

/** `later`: decide again after a while. `none`: no push, and none is recorded. */
export type Outcome = 'push' | 'later' | 'none' | Suppression;

export type Decision = Recipient & {
  attemptId: string;
  requestId: string | null;
  outcome: Outcome;
};

/** The present state of the devices: connected sessions, open chats, delivered messages. */
export type Delivery = {
  /** Sessions in the foreground. */
  live: Set<string>;
  /** Open chats by device. */
  views: Map<string, string[]>;
  /** Recipients whose device has the message. */
  delivered: Set<Recipient>;
};

/** Whether a device gets a push for a message now, later or not at all, and why not. */
export const decidePush = (
  recipient: Recipient,
  { later, mentioned }: NewMessage,
  { live, views, delivered }: Delivery,
): Outcome => {
  const { suppression, sessionId, deviceId, chatId } = recipient;
  const hasMessage = delivered.has(recipient);
  if (hasMessage && later) return 'none';
  if (suppression) return suppression;
  if (!live.has(sessionId!)) return 'push';
  if (hasMessage || mentioned) return 'none';
  if (!later) return 'later';
  return views.get(deviceId!)?.includes(chatId) ? 'viewing' : 'push';
};
