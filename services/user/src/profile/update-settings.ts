import type { SettingsChange } from '@taar/contracts';
import type { Prisma, ServiceTx } from '@taar/db';
import { exceptionFields, exceptionKeys } from '@taar/domain/privacy';
import { invalidField } from '@taar/kit/edge';
import { AppError } from '@taar/kit/errors';

type Tx = ServiceTx<'user'>;

/** Changes the given settings; the others keep their values. */
export const updateSettings = async (tx: Tx, userId: string, change: SettingsChange) => {
  const columns = toColumns(change);
  // The upsert locks the row first, which puts concurrent changes of the exceptions in order.
  await tx.userSettings.upsert({
    where: { userId },
    create: { userId, ...columns },
    update: { ...columns, updatedAt: new Date() },
  });
  if (change.exceptions) await setExceptions(tx, userId, change.exceptions);
};

const toColumns = (change: SettingsChange): Omit<Prisma.UserSettingsCreateInput, 'user'> => {
  const columns = {
    lastSeenAudience: change.lastSeen,
    onlineAudience: change.online,
    avatarAudience: change.avatar,
    aboutAudience: change.about,
    groupsAudience: change.addToGroups,
    statusAudience: change.statusAudience,
    readReceipts: change.readReceipts,
    discoverable: change.discoverableByPhone,
    notifPreview: change.notificationsPreview,
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
};

const setExceptions = async (
  tx: Tx,
  userId: string,
  exceptions: NonNullable<SettingsChange['exceptions']>,
) => {
  await assertOtherUsers(tx, userId, Object.values(exceptions).flat());
  const rows = exceptionKeys.flatMap((key) =>
    (exceptions[key] ?? []).map((otherId) => ({ userId, field: exceptionFields[key], otherId })),
  );
  const fields = exceptionKeys.filter((key) => exceptions[key]).map((key) => exceptionFields[key]);
  await tx.privacyException.deleteMany({ where: { userId, field: { in: fields } } });
  await tx.privacyException.createMany({ data: rows });
};

const assertOtherUsers = async (tx: Tx, userId: string, ids: string[]) => {
  if (ids.includes(userId)) throw invalidField('settings', 'exceptions.self');
  const unique = [...new Set(ids)];
  const known = await tx.user.findMany({ where: { id: { in: unique } }, select: { id: true } });
  if (known.length === unique.length) return;
  const found = new Set(known.map(({ id }) => id));
  throw new AppError('user_not_found', 'Some users do not exist.', {
    userIds: unique.filter((id) => !found.has(id)).slice(0, 100),
  });
};
