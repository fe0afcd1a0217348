import type { Audience, Me, UserSettings } from '@taar/contracts';
import type { PrivacyException, SharedDb, User, UserSettings as SettingsRow } from '@taar/db';
import { exceptionFields, exceptionKeys } from './privacy.ts';

type Tables = { user: Pick<SharedDb['user'], 'findUniqueOrThrow'> };
type Row = User & { settings: SettingsRow | null; exceptions: PrivacyException[] };

export const meOrThrow = async (db: Tables, userId: string): Promise<Me> =>
  toMe(
    await db.user.findUniqueOrThrow({
      where: { id: userId },
      include: { settings: true, exceptions: { orderBy: { otherId: 'asc' } } },
    }),
  );

/** An account as its owner sees it. */
export const toMe = ({ settings, exceptions, ...user }: Row): Me => ({
  id: user.id,
  name: user.name,
  about: user.about,
  avatarUrl: user.avatarUrl,
  phoneNumber: user.phoneNumber,
  profileComplete: user.name !== '',
  lastSeen: user.lastSeen?.toISOString() ?? null,
  isOnline: user.isOnline,
  settings: toSettings(settings, exceptions),
  createdAt: user.createdAt.toISOString(),
  updatedAt: user.updatedAt.toISOString(),
});

const toSettings = (row: SettingsRow | null, exceptions: PrivacyException[]): UserSettings => ({
  lastSeen: (row?.lastSeenAudience ?? 'everyone') as Audience,
  online: (row?.onlineAudience ?? 'everyone') as UserSettings['online'],
  avatar: (row?.avatarAudience ?? 'everyone') as Audience,
  about: (row?.aboutAudience ?? 'everyone') as Audience,
  addToGroups: (row?.groupsAudience ?? 'everyone') as Audience,
  readReceipts: row?.readReceipts ?? true,
  statusAudience: (row?.statusAudience ?? 'contacts') as UserSettings['statusAudience'],
  discoverableByPhone: row?.discoverable ?? true,
  notificationsPreview: (row?.notifPreview ?? 'full') as UserSettings['notificationsPreview'],
  exceptions: exceptionsOf(exceptions),
});

const exceptionsOf = (rows: PrivacyException[]) => {
  const exceptions: UserSettings['exceptions'] = {};
  for (const key of exceptionKeys) {
    const others = rows.filter(({ field }) => field === exceptionFields[key]);
    if (others.length > 0) exceptions[key] = others.map(({ otherId }) => otherId);
  }
  return exceptions;
};
