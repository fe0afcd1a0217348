import { expect, test } from '@jest/globals';
import { createDb } from '@taar/db';
import { atEnd } from '../src/at-end.ts';
import {
  aBlock,
  aContact,
  aDirectChat,
  aGroup,
  aMedia,
  aMessage,
  aSession,
  aStatus,
  aUser,
} from '../src/factories.ts';
import { createSurroundings } from '../src/surroundings.ts';

const { admin, env } = await createSurroundings('chat');

test('the factories create rows of each kind, which a service reads with its role', async () => {
  const [asha, biren] = [await aUser(admin), await aUser(admin, { name: 'Biren' })];
  const direct = await aDirectChat(admin, asha, biren);
  await aGroup(admin, { owner: asha, admins: [biren] });
  await aMessage(admin, direct, asha);
  const second = await aMessage(admin, direct, biren);
  await Promise.all([
    aSession(admin, asha),
    aContact(admin, asha, biren),
    aBlock(admin, biren, asha),
    aMedia(admin, asha),
    aStatus(admin, asha),
  ]);

  const db = createDb(env.DATABASE_URL);
  atEnd(() => db.$disconnect());
  const seen = await db.chat.findUniqueOrThrow({ where: { id: direct.id } });
  expect(seen).toMatchObject({ lastSeq: 2n, changeSeq: 2n, memberCount: 2 });
  expect(second.seq).toBe(2n);
  await expect(db.user.update({ where: { id: asha.id }, data: { name: 'x' } })).rejects.toThrow(
    'denied',
  );
});
