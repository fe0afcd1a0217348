export const platforms = ['android', 'ios', 'web'] as const;
export type Platform = (typeof platforms)[number];

/** A topic for each platform, so that an outage of one does not hold up the others. */
export const pushTopic = (platform: Platform) => `push.${platform}`;

/** Reasons of ends that the user did not ask for on the device itself: the device is notified. */
export const forcedEnds = [
  'removed',
  'refresh_token_reused',
  'number_proven_again',
  'device_limit',
] as const;
export type ForcedEnd = (typeof forcedEnds)[number];

/** Notifications of a device about its own session, or about another session of its user. */
export type SessionNotification =
  | { kind: 'session_added'; addedId: string; platform: Platform }
  | { kind: 'session_revoked'; revokedId: string; reason: ForcedEnd };

/** Payload of a push job: one push to one device. Its text is read when it is sent. */
export type PushJob = { sessionId: string } & (
  | { kind: 'message'; messageId: string; attemptId: string }
  | { kind: 'probe'; attemptId: string }
  | { kind: 'dismiss'; chatId: string; upToSeq?: number; messageId?: string }
  /** A revoked session has no push token: the job carries it for one last push. */
  | (SessionNotification & { token?: string })
);
