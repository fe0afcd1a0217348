import { expect, test } from '@jest/globals';
import { chatRest, userRest } from '@taar/contracts';
import { aDirectChat, aUser } from '@taar/testing/factories';
import { startAllServices } from './all-services.ts';

const { admin, chat, user } = await startAllServices();

test('a block made in the user service ends presence and typing in chat at once', async () => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  const { id: chatId } = await aDirectChat(admin, asha, biren);
  const mine = chat(asha);
  const phone = await mine.connect();
  const his = await chat(biren).connect();
  await Promise.race([phone, his].map((one) => one.next('user_online')));
  await his.ask('typing_start', { chatId });
  await phone.next('typing_start');

  await user(asha).call(userRest.blockUser, { userId: biren.id });
  await his.ask('typing_start', { chatId });
  await phone.ask('typing_start', { chatId });

  expect(await his.next('user_offline')).toEqual({ userId: asha.id, lastSeen: null });
  expect(await phone.next('user_offline')).toEqual({ userId: biren.id, lastSeen: null });
  const { body } = await chat(biren).call(chatRest.getChat, { chatId });
  expect(body.peer?.presence).toEqual({ online: null, lastSeen: null });
  expect(phone.seen('typing_start')).toHaveLength(1);
  expect(his.seen('typing_start')).toEqual([]);
});
