import type { Me } from '@taar/contracts';
import { Prisma, type ServiceTx } from '@taar/db';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Publish } from '@taar/kit/publish';
import { meOrThrow } from './me.ts';
import { mediaUrl } from './media.ts';
import { type PersonRow, personAsSeen, toUserSummary } from './people.ts';
import { cleanAbout, cleanName } from './profile-text.ts';

/** What the services that change profiles have in common. */
type Tx = Pick<ServiceTx<'user'>, 'media' | 'mediaLink' | '$queryRaw' | '$executeRaw'> & {
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

/** Tells those who have the person as a contact, each what they may see, and the own devices. */
const announce = async (db: Pick<Tx, '$queryRaw'>, publish: Publish, userId: string) => {
  const rows = await db.$queryRaw<{ viewers: string[]; person: PersonRow }[]>`
    SELECT array_agg(viewer) AS viewers, person FROM (
      SELECT w.viewer, ${personAsSeen(Prisma.sql`w.viewer`)} AS person
      FROM users u LEFT JOIN user_settings us ON us.user_id = u.id,
        (SELECT owner_id AS viewer FROM contacts WHERE user_id = ${userId}::uuid
          UNION SELECT ${userId}::uuid) w
      WHERE u.id = ${userId}::uuid AND NOT EXISTS (SELECT FROM blocks b
        WHERE (b.blocker_id = u.id AND b.blocked_id = w.viewer)
          OR (b.blocker_id = w.viewer AND b.blocked_id = u.id))
    ) AS seen GROUP BY person`;
  for (const { viewers, person } of rows)
    publish('user_updated', { users: viewers }, { user: toUserSummary(person) });
};

/** The one way to change a profile, whichever door the change comes through. */
export const updateProfile = async (
  { db, publish }: { db: Db; publish: Publish },
  { userId }: Pick<Actor, 'userId'>,
  { name, about, avatarMediaId }: ProfileChange,
): Promise<Me> => {
  const newName = name === undefined ? null : cleanName(name);
  const newAbout = about === undefined ? null : cleanAbout(about);
  const me = await db.$transaction(async (tx) => {
    if (avatarMediaId !== undefined) await setAvatar(tx, userId, avatarMediaId);
    await tx.$executeRaw`
      UPDATE users SET name = coalesce(${newName}, name), updated_at = now(),
        about = CASE WHEN ${about === undefined} THEN about ELSE ${newAbout} END
      WHERE id = ${userId}::uuid`;
    return meOrThrow(tx, userId);
  });
  await announce(db, publish, userId);
  return me;
};
