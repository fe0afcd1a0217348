import { expect, test } from '@jest/globals';
import { createDb, type ChatDb, type ServiceTx, type SharedDb, type UserDb } from '../src/index.ts';

/** Never called: the compiler is the test, and an unused @ts-expect-error is an error too. */
const compiles = async (chat: ChatDb, user: UserDb) => {
  const shared: SharedDb[] = [chat, user];
  await shared[0]?.contact.findMany({ where: { ownerId: '' } });
  // @ts-expect-error auth may not read messages, so rules of all services cannot
  await shared[0]?.message.count();

  await chat.message.findMany({ where: { chatId: '' } });
  await chat.message.create({ data: { chatId: '', seq: 1n, changeSeq: 1n } });
  await chat.user.update({ where: { id: '' }, data: { isOnline: true, lastSeen: new Date() } });
  await chat.$queryRaw`SELECT 1`;
  await chat.$transaction(async (tx) => {
    const inside: ServiceTx<'chat'> = tx;
    await inside.chatMember.count();
    // @ts-expect-error a transaction gives no further rights
    await inside.contact.deleteMany({ where: { ownerId: '' } });
  });
  const seen = await chat.user.update({ where: { id: '' }, data: { isOnline: false } });
  const name: string = seen.name;

  // @ts-expect-error chat may not change profiles
  await chat.user.update({ where: { id: '' }, data: { name } });
  // @ts-expect-error only auth creates accounts
  await chat.user.create({ data: { firebaseUid: '', phoneNumber: '', name: '' } });
  // @ts-expect-error only auth reads verification codes
  await chat.otpRequest.findMany();
  // @ts-expect-error only chat inserts messages
  await user.message.create({ data: { chatId: '', seq: 1n, changeSeq: 1n } });
  // @ts-expect-error only chat updates messages
  await user.message.updateMany({ data: { content: '' } });
  // @ts-expect-error no service has unsafe SQL
  await user.$queryRawUnsafe('SELECT 1');
  await user.message.findFirst({ where: { senderId: '' } });
  await user.contact.upsert({
    where: { ownerId_phoneHash: { ownerId: '', phoneHash: new Uint8Array() } },
    create: { ownerId: '', phoneHash: new Uint8Array(), name: '' },
    update: {},
  });
};

test('the full client can be used as the client of each service', async () => {
  const db = createDb('postgresql://nobody@127.0.0.1:1/none');
  const chat: ChatDb = db;
  const user: UserDb = db;
  expect([chat, user]).toHaveLength(2);
  expect(compiles).toBeInstanceOf(Function);
  await db.$disconnect();
});
