import type { Redis } from 'ioredis';

type Callback = (error?: Error | null, result?: unknown) => void;

/**
 * The two Redis clients as Socket.io's adapter uses them. The adapter drops the promises of its
 * commands, and an unhandled rejection would end the process, so every failure is caught here.
 */
export const createAdapterClients = (pub: Redis, sub: Redis, onPublishFailed: () => void) => ({
  pubClient: {
    on: pub.on.bind(pub),
    off: pub.off.bind(pub),
    publish: (channel: string, message: string | Buffer) =>
      pub.publish(channel, message).catch(() => {
        onPublishFailed();
        return 0;
      }),
    // With this the adapter asks how many nodes listen.
    send_command: (command: string, args: string[], done: Callback) =>
      void pub.call(command, args, done),
  },
  // ioredis subscribes again by itself when the connection returns, so a failure needs no answer.
  subClient: {
    on: sub.on.bind(sub),
    off: sub.off.bind(sub),
    subscribe: (channels: string[]) => sub.subscribe(...channels).catch(ignored),
    psubscribe: (pattern: string) => sub.psubscribe(pattern).catch(ignored),
    unsubscribe: (channels: string[]) => sub.unsubscribe(...channels).catch(ignored),
    punsubscribe: (pattern: string) => sub.punsubscribe(pattern).catch(ignored),
  },
});

const ignored = () => 0;
