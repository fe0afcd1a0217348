import { chatRest } from '@taar/contracts';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import { topics } from '@taar/runtime/topics';
import { aGroup, aMedia, aUser } from '@taar/testing/factories';
import { expect, test } from '@jest/globals';
import { startChat } from './start.ts';

const { admin, as } = await startChat();

test('a group whose picture was deleted shows none, and its members receive an event', async () => {
  const [asha, biren] = await Promise.all([aUser(admin), aUser(admin)]);
  const { id: mediaId } = await aMedia(admin, asha);
  const { id: chatId } = await aGroup(admin, { owner: asha, members: [biren] });
  await as(asha).call(chatRest.updateChat, { chatId, avatarMediaId: mediaId });
  const phone = await as(biren).connect();
  const updated = phone.next('chat_updated');

  await enqueue(admin, { topic: topics.dropPicture, key: mediaId });

  expect(await updated).toMatchObject({ chatId, chat: { avatarUrl: null } });
  const { body } = await as(biren).call(chatRest.getChat, { chatId });
  expect(body.avatarUrl).toBeNull();
});
