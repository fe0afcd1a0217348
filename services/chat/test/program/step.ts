import type { World } from './world.ts';

/** Somebody's device does something, in a chat, perhaps with somebody else or with a message. */
export type Step = {
  verb: string;
  who: number;
  other: number;
  chat: number;
  /** How far back the message is. */
  back: number;
  nth: number;
};
export type Verbs = Record<string, (world: World, step: Step) => unknown>;

export const deviceOf = ({ devices }: Pick<World, 'devices'>, { who }: Step) => devices[who]!;
export const chatOf = ({ chats }: Pick<World, 'chats'>, { chat }: Step) =>
  chats[chat % chats.length]!;

const cuts = new Set(['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE']);

/** Whether it was the connection that broke: what was asked for may have happened or not. */
export const isCut = (error: unknown) => cuts.has((error as { code?: string }).code ?? '');
