import { randomUUID } from 'node:crypto';
import { type Message, type SendMessage, chatRest } from '@taar/contracts';
import type { Person } from '@taar/testing/people';

export const text = (chatId: string, content: string): SendMessage => ({
  chatId,
  clientMessageId: randomUUID(),
  content,
});

/** A message with these fields and a fresh clientMessageId. */
export const messageWith = (chatId: string, fields: object) =>
  ({ chatId, clientMessageId: randomUUID(), ...fields }) as SendMessage;

/** Sends a text, and throws unless the server stores it. */
export const sendText = async (
  sender: Person,
  chatId: string,
  content: string,
): Promise<Message> => {
  const sent = await sender.call(chatRest.sendMessage, text(chatId, content));
  if (sent.status !== 201) throw new Error(`The message was refused: ${sent.status}.`);
  return sent.body;
};
