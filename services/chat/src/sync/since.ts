const maxAgeMs = 30 * 24 * 60 * 60 * 1_000;
/** A change can commit this long after its time was set: no transaction lives longer. */
const slackMs = 60_000;

export const toSince = (epoch: string, at: Date) => `${epoch}.${at.getTime()}`;

/**
 * The time since which chats may have changed for the client; null for a `since` of another epoch,
 * of the future or of more than 30 days ago: then all chats are compared.
 */
export const fromSince = (
  since: string | undefined,
  { epoch, at }: { epoch: string; at: Date },
): Date | null => {
  const [, known, ms] = /^(.{36})\.(\d{1,15})$/.exec(since ?? '') ?? [];
  if (known !== epoch) return null;
  const then = Number(ms);
  return then > at.getTime() || then < at.getTime() - maxAgeMs ? null : new Date(then - slackMs);
};
