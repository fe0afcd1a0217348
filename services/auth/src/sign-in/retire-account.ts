import { nameSizes } from '@taar/contracts';
import type { ServiceTx } from '@taar/db';
import { enqueue } from '@taar/runtime/jobs';
import { revokeSessions } from '@taar/runtime/sessions';
import { topics } from '@taar/runtime/topics';
import { cleanAbout, cleanName } from '@taar/domain/profile-text';
import type { Proof } from '../otp/proof.ts';

type Tx = ServiceTx<'auth'>;
export type Profile = { name?: string; about?: string | null };

/**
 * The account that a number had before it changed hands: nobody can enter it any more and nothing
 * in it names its owner; what it wrote stays with those who have it. Answers the ended sessions.
 */
export const retireAccount = async (tx: Tx, userId: string) => {
  const ended = await revokeSessions(tx, { userId }, 'account_gone');
  await tx.userPin.deleteMany({ where: { userId } });
  await tx.mediaLink.deleteMany({ where: { kind: 'avatar', refId: userId } });
  // Both columns are unique and take no null; the id fits neither whole.
  const gone = `gone:${userId.replaceAll('-', '').slice(-15)}`;
  await tx.$executeRaw`
    UPDATE users SET phone_number = ${gone}, firebase_uid = ${`gone:${userId}`}, about = NULL,
      name = 'Deleted account', avatar_url = NULL, is_online = false, last_seen = NULL,
      updated_at = now()
    WHERE id = ${userId}::uuid`;
  await tx.$executeRaw`
    UPDATE user_state SET deleted_at = coalesce(deleted_at, now()), erase_after = NULL
    WHERE user_id = ${userId}::uuid`;
  await eraseNow(tx, userId);
  return ended;
};

/** Without waiting any longer, where the owner had left already. */
const eraseNow = async (tx: Tx, userId: string) => {
  const waiting = await tx.$executeRaw`
    UPDATE outbox SET available_at = now()
    WHERE topic = ${topics.eraseUser} AND key = ${userId}::uuid AND done_at IS NULL AND dead_at IS NULL`;
  if (waiting === 0) await enqueue(tx, { topic: topics.eraseUser, key: userId });
};

/** A uid belongs to the number that was proven with it last. */
export const releaseUid = (tx: Tx, { uid, phoneNumber }: Proof) => tx.$executeRaw`
  UPDATE users SET firebase_uid = 'left:' || id
  WHERE firebase_uid = ${uid} AND phone_number <> ${phoneNumber}`;

export const createAccount = async (tx: Tx, proof: Proof, { name, about }: Profile) => {
  const { id } = await tx.user.create({
    data: {
      firebaseUid: proof.uid,
      phoneNumber: proof.phoneNumber,
      name: name === undefined ? '' : cleanName(name, nameSizes.user),
      ...(about !== undefined && { about: cleanAbout(about) }),
      state: { create: {} },
    },
  });
  await enqueue(tx, { topic: topics.matchContacts, key: id });
  return id;
};
