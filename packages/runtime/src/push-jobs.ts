/** Devices of different platforms wait in different lines, so that no outage holds another's. */
export const platforms = ['android', 'ios', 'web'] as const;
export type Platform = (typeof platforms)[number];

export const pushTopic = (platform: Platform) => `push.${platform}`;

/** Sessions that end like this were not ended by the device itself: it is told. */
export const forcedEnds = [
  'removed',
  'refresh_token_reused',
  'number_proven_again',
  'device_limit',
] as const;
export type ForcedEnd = (typeof forcedEnds)[number];

/** What a person's devices are told of their sessions. */
export type SessionNotification =
  | { kind: 'session_added'; addedId: string; platform: Platform }
  | { kind: 'session_revoked'; revokedId: string; reason: ForcedEnd };

/** One push to one device; what it says is read when it is sent. */
export type PushJob = { sessionId: string } & (
  | { kind: 'message'; messageId: string; attemptId: string }
  | { kind: 'probe'; attemptId: string }
  | { kind: 'dismiss'; chatId: string; upToSeq?: number; messageId?: string }
  /** The device that lost its session lost its push token with it: here it is, for this once. */
  | (SessionNotification & { token?: string })
);
