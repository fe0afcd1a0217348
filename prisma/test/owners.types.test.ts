import { expect, test } from '@jest/globals';
import { createDb, type ChatDb, type ServiceTx, type SharedDb, type UserDb } from '../src/index.ts';

/** Never called: the compiler is the test, and an unneeded expectation is an error of its own. */
const compiles = async (chat: ChatDb, user: UserDb) => {
  const shared: SharedDb[] = [chat, user];
  await shared[0]?.contact.findMany({ where: { ownerId: '' } });
  // @ts-expect-error chats are not for auth to read
  await shared[0]?.message.count();

  await chat.message.findMany({ where: { chatId: '' } });
  await chat.message.create({ data: { chatId: '', seq: 1n, changeSeq: 1n } });
  await chat.user.update({ where: { id: '' }, data: { isOnline: true, lastSeen: new Date() } });
  await chat.$queryRaw`SELECT 1`;
  await chat.$transaction(async (tx) => {
    const inside: ServiceTx<'chat'> = tx;
    await inside.chatMember.count();
    // @ts-expect-error a transaction opens no other tables
    await inside.contact.deleteMany({ where: { ownerId: '' } });
  });
  const seen = await chat.user.update({ where: { id: '' }, data: { isOnline: false } });
  const name: string = seen.name;

  // @ts-expect-error the profile is not the chat service's
  await chat.user.update({ where: { id: '' }, data: { name } });
  // @ts-expect-error accounts are created by auth
  await chat.user.create({ data: { firebaseUid: '', phoneNumber: '', name: '' } });
  // @ts-expect-error one-time codes are not even readable
  await chat.otpRequest.findMany();
  // @ts-expect-error messages are the chat service's
  await user.message.create({ data: { chatId: '', seq: 1n, changeSeq: 1n } });
  // @ts-expect-error so are their updates
  await user.message.updateMany({ data: { content: '' } });
  // @ts-expect-error unsafe SQL is not offered at all
  await user.$queryRawUnsafe('SELECT 1');
  await user.message.findFirst({ where: { senderId: '' } });
  await user.contact.upsert({
    where: { ownerId_phoneHash: { ownerId: '', phoneHash: new Uint8Array() } },
    create: { ownerId: '', phoneHash: new Uint8Array(), name: '' },
    update: {},
  });
};

test('a client of everything serves as the client of each service', async () => {
  const db = createDb('postgresql://nobody@127.0.0.1:1/none');
  const chat: ChatDb = db;
  const user: UserDb = db;
  expect([chat, user]).toHaveLength(2);
  expect(compiles).toBeInstanceOf(Function);
  await db.$disconnect();
});
