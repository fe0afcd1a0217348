import { nameSizes } from '@taar/contracts';
import { Prisma, type ServiceTx } from '@taar/db';
import type { Publish } from '@taar/kit/publish';
import { mediaUrl, ownReadyPicture } from './media.ts';
import { type PersonRow, blockWith, maySee, personAsSeen, toUserSummary } from './people.ts';
import { cleanAbout, cleanName } from './profile-text.ts';

type Tx = Pick<ServiceTx<'auth'>, 'media' | 'mediaLink' | '$queryRaw' | '$executeRaw'>;

/** Absent fields stay as they are; null clears a field. */
export type ProfileChange = { name?: string; about?: string | null; avatarMediaId?: string | null };
type ProfileField = 'name' | 'avatar' | 'about';

/** Changes a profile in the caller's transaction. Publish the changed fields after the commit. */
export const changeProfile = async (
  tx: Tx,
  userId: string,
  { name, about, avatarMediaId }: ProfileChange,
) => {
  const newName = name === undefined ? null : cleanName(name, nameSizes.user);
  const newAbout = about === undefined ? null : cleanAbout(about);
  if (avatarMediaId !== undefined) await setAvatar(tx, userId, avatarMediaId);
  await tx.$executeRaw`
    UPDATE users
    SET name = coalesce(${newName}, name),
      about = CASE WHEN ${about === undefined} THEN about ELSE ${newAbout} END,
      updated_at = now()
    WHERE id = ${userId}::uuid`;
};

const setAvatar = async (tx: Tx, userId: string, mediaId: string | null) => {
  if (mediaId) await ownReadyPicture(tx, userId, mediaId);
  await tx.mediaLink.deleteMany({ where: { kind: 'avatar', refId: userId } });
  if (mediaId) await tx.mediaLink.create({ data: { mediaId, kind: 'avatar', refId: userId } });
  await tx.$executeRaw`
    UPDATE users
    SET avatar_url = ${mediaId && mediaUrl(mediaId)}::text
    WHERE id = ${userId}::uuid`;
};

export const changedFields = ({ name, about, avatarMediaId }: ProfileChange): ProfileField[] => [
  ...(name !== undefined ? (['name'] as const) : []),
  ...(about !== undefined ? (['about'] as const) : []),
  ...(avatarMediaId !== undefined ? (['avatar'] as const) : []),
];

/**
 * Publishes `user_updated` to the user's own devices and to users who have them as a contact and may
 * see one of the fields. After a change of privacy settings, pass `name`: everyone may see names.
 */
export const publishProfile = async (
  db: Pick<Tx, '$queryRaw'>,
  publish: Publish,
  userId: string,
  fields: ProfileField[],
) => {
  const viewer = Prisma.sql`audience.viewer`;
  const conditions = [
    Prisma.sql`audience.viewer = person.id`,
    ...fields.map((field) => (field === 'name' ? Prisma.sql`true` : maySee(viewer, field))),
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
