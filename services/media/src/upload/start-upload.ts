import type { StartUpload } from '@taar/contracts';
import { toMediaRef } from '@taar/domain/media';
import type { Actor } from '@taar/kit/auth';
import type { Deps } from '../deps.ts';
import { cleanFileName } from '../files/file-name.ts';
import { assertPurpose, bareType, fileTooLarge, kindOf, maxBytesOf } from '../files/kinds.ts';
import { findSameUpload, lockUploadsOf, reserveUpload } from './reserve-upload.ts';
import { spendBytes } from './spend-bytes.ts';
import { uploadTargetOf } from './upload-target.ts';

type Needs = Pick<Deps, 'db' | 'storage' | 'config' | 'spendLimit'>;

/** Announces a file and answers where the client sends it in the storage. */
export const startUpload = async (
  deps: Needs,
  actor: Actor,
  { fileName, mimeType: declared, sha256: hex, ...announced }: StartUpload,
) => {
  const { sizeBytes, purpose } = announced;
  const mimeType = bareType(declared);
  assertPurpose(purpose, mimeType);
  const maxBytes = maxBytesOf(deps.config, kindOf(mimeType));
  if (sizeBytes > maxBytes) throw fileTooLarge(maxBytes);
  await spendBytes(deps, actor, sizeBytes);

  const sha256 = Buffer.from(hex, 'hex');
  const row = { ownerId: actor.userId, fileName: cleanFileName(fileName), mimeType, ...announced };
  const { media, outcome } = await deps.db.$transaction(async (tx) => {
    await lockUploadsOf(tx, actor.userId);
    const states = ['pending', 'processing', 'ready'];
    const same = await findSameUpload(tx, row, sha256, states, deps.config.ORPHAN_HOURS);
    const isSame = same && (same.state !== 'pending' || Number(same.sizeBytes) === sizeBytes);
    return isSame
      ? { media: same, outcome: 'replayed' as const }
      : { media: await reserveUpload(deps, tx, { ...row, sha256 }), outcome: 'created' as const };
  });
  const upload = media.state === 'pending' ? { upload: await uploadTargetOf(deps, media) } : {};
  return { outcome, body: { media: toMediaRef(media), ...upload } };
};
