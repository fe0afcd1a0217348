import type { Ack, Body, CompressedAck, Infer, clientEvents } from '@taar/contracts';
import type { Socket } from 'socket.io-client';
import { Refused } from './refused.ts';

type ClientEvents = typeof clientEvents;
/**
 * Sends an event and resolves with the data of its ack. Rejects with `Refused` on a failure, and
 * without an ack after `withinMs`, or earlier when the connection is lost.
 */
export type Ask = <E extends keyof ClientEvents>(
  event: E,
  input: Infer<ClientEvents[E]['input']>,
  withinMs?: number,
) => Promise<Body<ClientEvents[E]>>;

type Settings = {
  socket: Pick<Socket, 'timeout'>;
  isReady: () => boolean;
  ackMs: number;
};

export const createAsk = ({ socket, isReady, ackMs }: Settings) => {
  const unanswered = new Set<Promise<unknown>>();

  const ask: Ask = async (event, input, withinMs = ackMs) => {
    // Socket.io would buffer the event and send it later, when it may no longer be right.
    if (!isReady()) throw new Error('The client is not connected.');
    const answer = socket.timeout(withinMs).emitWithAck(event, input) as Promise<
      Ack<never> | CompressedAck
    >;
    unanswered.add(answer);
    const ack = await answer.finally(() => unanswered.delete(answer));
    if (!ack.ok) throw new Refused(ack.error);
    return 'gzip' in ack ? ((await gunzip(ack.gzip)) as never) : ack.data;
  };

  return {
    ask,
    /** Resolves when every event sent so far has its ack or has timed out. */
    allAnswered: async () => {
      await Promise.allSettled(unanswered);
    },
  };
};

/** React Native, for example, lacks it: its acks stay plain. */
export const canGunzip = 'DecompressionStream' in globalThis;

const gunzip = async (bytes: CompressedAck['gzip']): Promise<unknown> => {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return JSON.parse(await new Response(stream).text());
};
