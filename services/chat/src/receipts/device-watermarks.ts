import type { Redis } from 'ioredis';

type Watermark = { chatId: string; upToSeq: number };
type Asked = { sessionId: string; chatId: string };

/** Whoever names more chats than people have begins anew. */
const maxChats = 2_000;

const raise = `
if redis.call('HLEN', KEYS[1]) > ${maxChats} then redis.call('DEL', KEYS[1]) end
for i = 2, #ARGV, 2 do
  local known = tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or 0)
  if tonumber(ARGV[i + 1]) > known then redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])`;

/**
 * Which device has what, as it says itself, for as long as a push may still be considered; the
 * watermarks of the database say only what a person has on any device. A hint: without it there is
 * one push too many.
 */
export const createDeviceWatermarks = (redis: Redis, prefix: string, keptMs: number) => {
  const keyOf = (sessionId: string) => `${prefix}:acked:${sessionId}`;

  return {
    record: (sessionId: string, watermarks: Watermark[]) => {
      const pairs = watermarks.flatMap(({ chatId, upToSeq }) => [chatId, upToSeq]);
      redis.eval(raise, 1, keyOf(sessionId), keptMs, ...pairs).catch(() => undefined);
    },
    /** Up to where each device has its chat, in the order asked; 0 where it did not say. */
    read: async (asked: Asked[]): Promise<number[]> => {
      if (asked.length === 0) return [];
      const pipeline = redis.pipeline();
      for (const { sessionId, chatId } of asked) pipeline.hget(keyOf(sessionId), chatId);
      const answers = (await pipeline.exec()) ?? [];
      return answers.map(([error, seq]) => {
        if (error) throw error;
        return Number(seq ?? 0);
      });
    },
  };
};
export type DeviceWatermarks = ReturnType<typeof createDeviceWatermarks>;
