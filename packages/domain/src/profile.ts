import { nameSizes } from '@taar/contracts';
import { Prisma, type ServiceTx } from '@taar/db';
import type { Publish } from '@taar/kit/publish';
import { mediaUrl, ownReadyPicture } from './media.ts';
import { type PersonRow, blockWith, maySee, personAsSeen, toUserSummary } from './people.ts';
import { cleanAbout, cleanName } from './profile-text.ts';

/** What the services that change profiles have in common. */
type Tx = Pick<ServiceTx<'auth'>, 'media' | 'mediaLink' | '$queryRaw' | '$executeRaw'> & {
  user: Pick<ServiceTx<'user'>['user'], 'findUniqueOrThrow'>;
};
export type ProfileChange = { name?: string; about?: string | null; avatarMediaId?: string | null };

const setAvatar = async (tx: Tx, userId: string, mediaId: string | null) => {
  if (mediaId) await ownReadyPicture(tx, userId, mediaId);
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
  const viewer = Prisma.sql`audience.viewer`;
  const conditions = [
    Prisma.sql`audience.viewer = person.id`,
    ...changed.map((field) => (field === 'name' ? Prisma.sql`true` : maySee(viewer, field))),
  ];
  const rows = await db.$queryRaw<{ viewers: string[]; person: PersonRow }[]>`
    SELECT array_agg(seen.viewer) AS viewers, seen.profile AS person
    FROM (
      SELECT audience.viewer, ${personAsSeen(viewer)} AS profile
      FROM users person
      LEFT JOIN user_settings settings ON settings.user_id = person.id
      CROSS JOIN (
        SELECT owner_id AS viewer FROM contacts WHERE user_id = ${userId}::uuid
        UNION
        SELECT ${userId}::uuid
      ) audience
      WHERE person.id = ${userId}::uuid
        AND NOT ${blockWith(viewer)}
        AND (${Prisma.join(conditions, ' OR ')})
    ) AS seen
    GROUP BY seen.profile`;
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
