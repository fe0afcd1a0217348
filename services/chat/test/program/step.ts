import type { World } from './world.ts';

/** One action of a device in a chat; the verb decides which of the numbers it uses. */
export type Step = {
  verb: string;
  who: number;
  other: number;
  chat: number;
  /** The message, counted from the newest one that fits. */
  back: number;
  nth: number;
};
export type Verbs = Record<string, (world: World, step: Step) => unknown>;

export const deviceOf = ({ devices }: Pick<World, 'devices'>, { who }: Step) => devices[who]!;
export const chatOf = ({ chats }: Pick<World, 'chats'>, { chat }: Step) =>
  chats[chat % chats.length]!;

const connectionErrors = new Set(['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE']);

/** Whether the connection broke, so that the request may have been processed or not. */
export const isConnectionError = (error: unknown) =>
  connectionErrors.has((error as { code?: string }).code ?? '');
