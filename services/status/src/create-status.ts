import { createHash } from 'node:crypto';
import type { Input, Status, statusRest } from '@taar/contracts';
import { Prisma } from '@taar/db';
import { ownReadyMedia } from '@taar/domain/media';
import { blockBetween } from '@taar/domain/people';
import type { Actor } from '@taar/kit/auth';
import { invalidField } from '@taar/kit/edge';
import { AppError } from '@taar/kit/errors';
import { v7 } from 'uuid';
import type { Deps } from './deps.ts';
import { type StatusRow, statusColumns, toStatus } from './queries.ts';

type Body = Input<typeof statusRest.createStatus>;
type Created = { outcome: 'created' | 'replayed'; body: Status };

const maxLive = 100;
const maxVideoMs = 90_000;

const assertShape = ({ type, text, mediaId, audience }: Body) => {
  if ((type === 'text') === Boolean(mediaId))
    throw invalidField('mediaId', mediaId ? 'object.unknown' : 'any.required');
  if (type === 'text' && !/[^\s\p{Cf}\p{Cc}]/u.test(text ?? ''))
    throw invalidField('text', 'text.empty');
  if (audience?.mode === 'only' && !audience.userIds?.length)
    throw invalidField('audience', 'array.min');
};

const assertMedia = async (db: Deps['db'], userId: string, { type, mediaId }: Body) => {
  if (!mediaId) return;
  const media = await ownReadyMedia(db, userId, mediaId);
  if (!media.mimeType.startsWith(`${type}/`))
    throw new AppError('media_type_not_allowed', `This media is no ${type}.`);
  if ((media.durationMs ?? 0) > maxVideoMs) throw invalidField('mediaId', 'number.max');
};

const hashOf = ({ clientStatusId: _, ...body }: Body) => {
  const { type, text = null, background = null, mediaId = null, audience } = body;
  const people = [...(audience?.userIds ?? [])].sort();
  const parts = [type, text, background, mediaId, audience?.mode ?? null, people];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
};

/** Contacts of the author who may see it; for `only` the chosen ones among them. */
const audienceOf = (userId: string, mode: string, userIds: string[] | null) => {
  const chosen =
    userIds === null
      ? Prisma.sql`SELECT x.other_id FROM privacy_exceptions x WHERE x.user_id = ${userId}::uuid AND x.field = 'status'`
      : Prisma.sql`SELECT unnest(${userIds}::uuid[])`;
  const among = {
    contacts: Prisma.sql`true`,
    contacts_except: Prisma.sql`k.user_id NOT IN (${chosen})`,
    only: Prisma.sql`k.user_id IN (${chosen})`,
  }[mode as 'contacts'];
  return Prisma.sql`SELECT DISTINCT k.user_id FROM contacts k
    WHERE k.owner_id = ${userId}::uuid AND k.user_id IS NOT NULL AND k.user_id <> k.owner_id AND ${among}
      AND NOT ${blockBetween(Prisma.sql`k.owner_id`, Prisma.sql`k.user_id`)}
      AND NOT EXISTS (SELECT FROM user_state us WHERE us.user_id = k.user_id AND us.deleted_at IS NOT NULL)`;
};

type Inserted = { id: string | null; live: number; viewers: string[] | null };

// One statement, however many may see it: the status, and who may.
const insert = async (
  db: Deps['db'],
  userId: string,
  body: Body,
  mode: string,
): Promise<Inserted> => {
  const [row] = await db.$queryRaw<Inserted[]>`
    WITH live AS (
      SELECT count(*)::int AS n FROM statuses s
      WHERE s.user_id = ${userId}::uuid AND s.deleted_at IS NULL AND s.expires_at > clock_timestamp()
    ), posted AS (
      INSERT INTO statuses (id, user_id, client_status_id, payload_hash, type, text, background, media_id, audience_mode)
      SELECT ${v7()}::uuid, ${userId}::uuid, ${body.clientStatusId}::uuid, decode(${hashOf(body)}, 'hex'),
        ${body.type}, ${body.text ?? null}, ${body.background ?? null}, ${body.mediaId ?? null}::uuid, ${mode}
      FROM live WHERE n < ${maxLive}
      ON CONFLICT (user_id, client_status_id) DO NOTHING
      RETURNING id, user_id, expires_at
    ), audience AS (
      INSERT INTO status_audience (viewer_id, status_id, owner_id, expires_at)
      SELECT k.user_id, posted.id, posted.user_id, posted.expires_at
      FROM posted, (${audienceOf(userId, mode, body.audience?.userIds ?? null)}) k
      RETURNING viewer_id
    )
    SELECT (SELECT id FROM posted) AS id, (SELECT n FROM live) AS live,
      (SELECT array_agg(viewer_id) FROM audience) AS viewers`;
  return row!;
};

const findReplay = async (db: Deps['db'], userId: string, body: Body): Promise<Created | null> => {
  const [row] = await db.$queryRaw<(StatusRow & { same: boolean })[]>`
    SELECT ${statusColumns(userId)}, s.payload_hash = decode(${hashOf(body)}, 'hex') AS same
    FROM statuses s WHERE s.user_id = ${userId}::uuid AND s.client_status_id = ${body.clientStatusId}::uuid`;
  if (!row) return null;
  if (!row.same) throw new AppError('idempotency_conflict', 'This clientStatusId was used before.');
  return { outcome: 'replayed', body: toStatus(row) };
};

const defaultMode = async (db: Deps['db'], userId: string) =>
  (await db.userSettings.findUnique({ where: { userId } }))?.statusAudience ?? 'contacts';

export const createStatus = async (
  { db, publish }: Pick<Deps, 'db' | 'publish'>,
  { userId }: Actor,
  body: Body,
): Promise<Created> => {
  assertShape(body);
  const earlier = await findReplay(db, userId, body);
  if (earlier) return earlier;
  await assertMedia(db, userId, body);
  const mode = body.audience?.mode ?? (await defaultMode(db, userId));
  const { id, live, viewers } = await insert(db, userId, body, mode);
  if (id === null) {
    const raced = await findReplay(db, userId, body);
    if (raced) return raced;
    throw new AppError('rate_limited', `You have ${live} live statuses.`, {
      retryAfterMs: 3_600_000,
    });
  }
  const [row] = await db.$queryRaw<StatusRow[]>`
    SELECT ${statusColumns(userId)} FROM statuses s WHERE s.id = ${id}::uuid`;
  const status = toStatus(row!);
  const { viewCount: _, ...shown } = status;
  publish('status_added', { users: viewers ?? [] }, { status: { ...shown, viewed: false } });
  publish('status_added', { users: [userId] }, { status });
  return { outcome: 'created', body: status };
};
