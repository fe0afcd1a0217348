import { nameSizes } from '@taar/contracts';
import type { ServiceTx } from '@taar/db';
import { cleanAbout, cleanName } from '@taar/domain/profile-text';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import { topics } from '@taar/runtime/topics';
import type { Proof } from '../otp/proof.ts';

export type Profile = { name?: string; about?: string | null };

export const createAccount = async (
  tx: ServiceTx<'auth'>,
  { uid, phoneNumber }: Proof,
  { name, about }: Profile,
) => {
  const { id } = await tx.user.create({
    data: {
      firebaseUid: uid,
      phoneNumber,
      name: name === undefined ? '' : cleanName(name, nameSizes.user),
      ...(about !== undefined && { about: cleanAbout(about) }),
      state: { create: {} },
    },
  });
  await enqueue(tx, { topic: topics.matchContacts, key: id });
  return id;
};
