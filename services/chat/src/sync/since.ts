const maxAgeMs = 30 * 24 * 60 * 60 * 1_000;
/** No transaction lives longer than this, so what it changed is never looked past. */
const slackMs = 60_000;

export const toSince = (epoch: string, at: Date) => `${epoch}.${at.getTime()}`;

/** From when on chats have to be looked at; null: all of them. */
export const fromSince = (
  since: string | undefined,
  { epoch, at }: { epoch: string; at: Date },
): Date | null => {
  const [, known, ms] = /^(.{36})\.(\d{1,15})$/.exec(since ?? '') ?? [];
  if (known !== epoch) return null;
  const then = Number(ms);
  return then > at.getTime() || then < at.getTime() - maxAgeMs ? null : new Date(then - slackMs);
};
