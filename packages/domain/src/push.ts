/** Devices of different platforms wait in different lines, so that no outage holds another's. */
export const platforms = ['android', 'ios', 'web'] as const;
export type Platform = (typeof platforms)[number];

export const laneOf = (platform: Platform) => `push.${platform}`;

/** One push to one device; what it says is read when it is sent. */
export type PushJob = { sessionId: string } & (
  | { kind: 'message'; messageId: string; attemptId: string }
  | { kind: 'probe'; attemptId: string }
  | { kind: 'dismiss'; chatId: string; upToSeq?: number; messageId?: string }
);
