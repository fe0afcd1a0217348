import type { Ask } from './ask.ts';
import { Refused } from './refused.ts';
import type { Request } from './request.ts';

const pollMs = 5_000;

type Settings = {
  createRequest: (signal: AbortSignal) => Request;
  /** Called at each poll: the time to sync and to send. */
  onOpen: (request: Request) => void;
};

/** Asks by REST in place of the socket, for networks whose proxies let no WebSocket pass. */
export const createRestLink = ({ createRequest, onOpen }: Settings) => {
  let isOpen = false;
  let timer: ReturnType<typeof setInterval> | undefined;
  let aborter = new AbortController();

  const request: Request = (...args) => createRequest(aborter.signal)(...args);
  const ask: Ask = async (event, input, withinMs) => {
    try {
      return (await askByRest(request, event, input, withinMs)) as never;
    } catch (error) {
      // Without an answer, only the next poll tries again: fast retries would drain the battery.
      if (!(error instanceof Refused)) isOpen = false;
      throw error;
    }
  };
  const poll = () => {
    isOpen = true;
    onOpen(request);
  };
  const close = () => {
    clearInterval(timer);
    timer = undefined;
    isOpen = false;
  };

  return {
    ask,
    isOpen: () => isOpen,
    open: () => {
      if (timer) return;
      if (aborter.signal.aborted) aborter = new AbortController();
      timer = setInterval(poll, pollMs);
      poll();
    },
    /** Requests under way are finished, and their answers are used. */
    close,
    abort: () => {
      close();
      aborter.abort();
    },
  };
};

const askByRest = async (
  request: Request,
  event: string,
  input: unknown,
  withinMs?: number,
): Promise<unknown> => {
  switch (event) {
    case 'sync':
      return request('sync', input as never, withinMs);
    case 'message_received':
      return request('markDelivered', input as never, withinMs);
    case 'send_message':
      return { message: await request('sendMessage', input as never, withinMs), replayed: false };
    default:
      throw new Error(`The event ${event} needs a socket.`);
  }
};
