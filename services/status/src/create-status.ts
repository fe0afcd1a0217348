import { createHash } from 'node:crypto';
import type { Status } from '@taar/contracts';
import { ownReadyMedia } from '@taar/domain/media';
import type { Actor } from '@taar/kit/auth';
import { invalidField } from '@taar/kit/edge';
import { AppError } from '@taar/kit/errors';
import type { Deps } from './deps.ts';
import { type NewStatus, insertStatus } from './insert-status.ts';
import { type StatusRow, statusColumns, toStatus } from './queries.ts';

type Created = { outcome: 'created' | 'replayed'; body: Status };

const maxVideoMs = 90_000;

export const createStatus = async (
  { db, publish }: Pick<Deps, 'db' | 'publish'>,
  { userId }: Actor,
  input: NewStatus,
): Promise<Created> => {
  assertShape(input);
  const earlier = await findReplay(db, userId, input);
  if (earlier) return earlier;
  await assertMedia(db, userId, input);
  const mode = input.audience?.mode ?? (await defaultMode(db, userId));
  const inserted = await insertStatus(db, userId, input, mode, hashOf(input));
  if (inserted.id === null) {
    const concurrent = await findReplay(db, userId, input);
    if (concurrent) return concurrent;
    throw new AppError(
      'rate_limited',
      `You have ${inserted.liveCount} statuses. Delete one, or wait until one expires.`,
      { retryAfterMs: 3_600_000 },
    );
  }
  const status = await findStatus(db, userId, inserted.id);
  const { viewCount: _, ...shown } = status;
  publish('status_added', { users: inserted.viewerIds }, { status: { ...shown, viewed: false } });
  publish('status_added', { users: [userId] }, { status });
  return { outcome: 'created', body: status };
};

const assertShape = ({ type, text, mediaId, audience }: NewStatus) => {
  if ((type === 'text') === Boolean(mediaId))
    throw invalidField('mediaId', mediaId ? 'object.unknown' : 'any.required');
  if (type === 'text' && !/[^\s\p{Cf}\p{Cc}]/u.test(text ?? ''))
    throw invalidField('text', 'text.empty');
  if (audience?.mode === 'only' && !audience.userIds?.length)
    throw invalidField('audience', 'array.min');
};

/** The status that this clientStatusId has created, if any; rejects an input that differs. */
const findReplay = async (
  db: Deps['db'],
  userId: string,
  input: NewStatus,
): Promise<Created | null> => {
  const [row] = await db.$queryRaw<(StatusRow & { isSame: boolean })[]>`
    SELECT
      ${statusColumns(userId)},
      status.payload_hash = ${hashOf(input)} AS "isSame"
    FROM statuses status
    WHERE status.user_id = ${userId}::uuid
      AND status.client_status_id = ${input.clientStatusId}::uuid`;
  if (!row) return null;
  if (!row.isSame)
    throw new AppError('idempotency_conflict', 'This clientStatusId belongs to another status.');
  return { outcome: 'replayed', body: toStatus(row) };
};

const hashOf = ({ audience, ...status }: NewStatus) => {
  const { type, text = null, background = null, mediaId = null } = status;
  const userIds = [...(audience?.userIds ?? [])].sort();
  const parts = [type, text, background, mediaId, audience?.mode ?? null, userIds];
  return createHash('sha256').update(JSON.stringify(parts)).digest();
};

const assertMedia = async (db: Deps['db'], userId: string, { type, mediaId }: NewStatus) => {
  if (!mediaId) return;
  const media = await ownReadyMedia(db, userId, mediaId);
  if (!media.mimeType.startsWith(`${type}/`))
    throw new AppError('media_type_not_allowed', `The media is not of type ${type}.`);
  if ((media.durationMs ?? 0) > maxVideoMs) throw invalidField('mediaId', 'number.max');
};

const defaultMode = async (db: Deps['db'], userId: string) =>
  (await db.userSettings.findUnique({ where: { userId } }))?.statusAudience ?? 'contacts';

const findStatus = async (db: Deps['db'], viewer: string, id: string) => {
  const [row] = await db.$queryRaw<StatusRow[]>`
    SELECT ${statusColumns(viewer)}
    FROM statuses status
    WHERE status.id = ${id}::uuid`;
  return toStatus(row!);
};
