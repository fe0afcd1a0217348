import type { Redis } from 'ioredis';

type Watermark = { chatId: string; upToSeq: number };
type DeviceInChat = { sessionId: string; chatId: string };

/** A device that reports more chats than a user can have starts from an empty state. */
const maxChats = 2_000;

const raise = `
if redis.call('HLEN', KEYS[1]) > ${maxChats} then redis.call('DEL', KEYS[1]) end
for i = 2, #ARGV, 2 do
  local known = tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or 0)
  if tonumber(ARGV[i + 1]) > known then redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])`;

/**
 * Delivered watermarks of single devices, kept while a push for a message may still be decided. The
 * database holds the watermark of a member over all devices. A lost entry causes one extra push.
 */
export const createDeviceWatermarks = (redis: Redis, prefix: string, keptMs: number) => {
  const keyOf = (sessionId: string) => `${prefix}:acked:${sessionId}`;

  return {
    record: (sessionId: string, watermarks: Watermark[]) => {
      const pairs = watermarks.flatMap(({ chatId, upToSeq }) => [chatId, upToSeq]);
      redis.eval(raise, 1, keyOf(sessionId), keptMs, ...pairs).catch(() => undefined);
    },
    /** The watermark of each device in a chat, in the order of the request; 0 if unknown. */
    read: async (devices: DeviceInChat[]): Promise<number[]> => {
      if (devices.length === 0) return [];
      const pipeline = redis.pipeline();
      for (const { sessionId, chatId } of devices) pipeline.hget(keyOf(sessionId), chatId);
      const answers = (await pipeline.exec()) ?? [];
      return answers.map(([error, seq]) => {
        if (error) throw error;
        return Number(seq ?? 0);
      });
    },
  };
};
export type DeviceWatermarks = ReturnType<typeof createDeviceWatermarks>;
