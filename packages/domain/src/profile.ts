import { type Me, nameSizes } from '@taar/contracts';
import { Prisma, type ServiceTx } from '@taar/db';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Publish } from '@taar/kit/publish';
import { meOrThrow } from './me.ts';
import { mediaUrl } from './media.ts';
import { type PersonRow, blockedEitherWay, maySee, personAsSeen, toUserSummary } from './people.ts';
import { cleanAbout, cleanName } from './profile-text.ts';

/** What the services that change profiles have in common. */
type Tx = Pick<ServiceTx<'auth'>, 'media' | 'mediaLink' | '$queryRaw' | '$executeRaw'> & {
  user: Pick<ServiceTx<'user'>['user'], 'findUniqueOrThrow'>;
};
type Db = Tx & { $transaction<R>(work: (tx: Tx) => Promise<R>): Promise<R> };
export type ProfileChange = { name?: string; about?: string | null; avatarMediaId?: string | null };

/** Only a picture of one's own that is ready; that of another answers like none. */
const assertAvatar = async (tx: Tx, userId: string, mediaId: string) => {
  const media = await tx.media.findUnique({ where: { id: mediaId } });
  const isPicture = media?.mimeType.startsWith('image/') && !media.deletedAt;
  if (!media || media.ownerId !== userId || !isPicture)
    throw new AppError('media_not_found', 'No such picture of yours.');
  if (media.state !== 'ready')
    throw new AppError('media_not_ready', 'The picture is not ready yet.');
};

const setAvatar = async (tx: Tx, userId: string, mediaId: string | null) => {
  if (mediaId) await assertAvatar(tx, userId, mediaId);
  await tx.mediaLink.deleteMany({ where: { kind: 'avatar', refId: userId } });
  if (mediaId) await tx.mediaLink.create({ data: { mediaId, kind: 'avatar', refId: userId } });
  await tx.$executeRaw`
    UPDATE users SET avatar_url = ${mediaId && mediaUrl(mediaId)}::text WHERE id = ${userId}::uuid`;
};

type Changed = 'name' | 'avatar' | 'about';
export const changedBy = ({ name, about, avatarMediaId }: ProfileChange): Changed[] => [
  ...(name !== undefined ? (['name'] as const) : []),
  ...(about !== undefined ? (['about'] as const) : []),
  ...(avatarMediaId !== undefined ? (['avatar'] as const) : []),
];

/**
 * Tells those who have the person as a contact and may see what changed, each what they may see,
 * and the own devices. A change of who may see is told as one of the name: to all of them.
 */
export const announceProfile = async (
  db: Pick<Tx, '$queryRaw'>,
  publish: Publish,
  userId: string,
  changed: Changed[],
) => {
  const viewer = Prisma.sql`w.viewer`;
  const sees = [
    Prisma.sql`w.viewer = u.id`,
    ...changed.map((field) => (field === 'name' ? Prisma.sql`true` : maySee(viewer, field))),
  ];
  const rows = await db.$queryRaw<{ viewers: string[]; person: PersonRow }[]>`
    SELECT array_agg(viewer) AS viewers, person FROM (
      SELECT w.viewer, ${personAsSeen(viewer)} AS person
      FROM users u LEFT JOIN user_settings us ON us.user_id = u.id,
        (SELECT owner_id AS viewer FROM contacts WHERE user_id = ${userId}::uuid
          UNION SELECT ${userId}::uuid) w
      WHERE u.id = ${userId}::uuid AND NOT ${blockedEitherWay(viewer)}
        AND (${Prisma.join(sees, ' OR ')})
    ) AS seen GROUP BY person`;
  for (const { viewers, person } of rows)
    publish('user_updated', { users: viewers }, { user: toUserSummary(person) });
};

/** The one way to change a profile, inside the caller's transaction. */
export const changeProfile = async (
  tx: Tx,
  userId: string,
  { name, about, avatarMediaId }: ProfileChange,
) => {
  const newName = name === undefined ? null : cleanName(name, nameSizes.user);
  const newAbout = about === undefined ? null : cleanAbout(about);
  if (avatarMediaId !== undefined) await setAvatar(tx, userId, avatarMediaId);
  await tx.$executeRaw`
    UPDATE users SET name = coalesce(${newName}, name), updated_at = now(),
      about = CASE WHEN ${about === undefined} THEN about ELSE ${newAbout} END
    WHERE id = ${userId}::uuid`;
};

export const updateProfile = async (
  { db, publish }: { db: Db; publish: Publish },
  { userId }: Pick<Actor, 'userId'>,
  change: ProfileChange,
): Promise<Me> => {
  const me = await db.$transaction(async (tx) => {
    await changeProfile(tx, userId, change);
    return meOrThrow(tx, userId);
  });
  await announceProfile(db, publish, userId, changedBy(change));
  return me;
};
