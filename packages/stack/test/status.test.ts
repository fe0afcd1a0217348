import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { chatRest, statusRest } from '@taar/contracts';
import { aContact, aUser } from '@taar/testing/factories';
import { startAllServices } from './all-services.ts';

const { admin, chat, status } = await startAllServices();

test('a status is added, viewed, replied to and removed live, for its audience alone', async () => {
  const [asha, biren, stranger] = await Promise.all([aUser(admin), aUser(admin), aUser(admin)]);
  await Promise.all([aContact(admin, asha, biren), aContact(admin, biren, asha)]);
  const [hers, his, theirs] = await Promise.all(
    [asha, biren, stranger].map((user) => chat(user).connect()),
  );

  const { body: posted } = await status(asha).call(statusRest.createStatus, {
    type: 'text',
    text: 'At the river',
    clientStatusId: randomUUID(),
  });
  expect(await his!.next('status_added')).toMatchObject({
    status: { id: posted.id, viewed: false },
  });

  await status(biren).call(statusRest.viewStatus, { statusId: posted.id });
  expect(await hers!.next('status_viewed')).toMatchObject({
    statusId: posted.id,
    viewerId: biren.id,
  });

  const open = async (from: { id: string }) =>
    (await chat(from).call(chatRest.createChat, { isGroup: false, memberIds: [asha.id] })).body.id;
  const answer = async (from: { id: string }, replyToStatusId: string) =>
    chat(from).call(chatRest.sendMessage, {
      chatId: await open(from),
      clientMessageId: randomUUID(),
      content: 'Wait for me',
      replyToStatusId,
    });
  expect(await answer(biren, posted.id)).toMatchObject({
    status: 201,
    body: { replyToStatusId: posted.id },
  });
  expect((await hers!.next('message_received')).message.replyToStatusId).toBe(posted.id);
  expect((await answer(stranger, posted.id)).body).toMatchObject({ code: 'status_not_found' });

  await status(asha).call(statusRest.deleteStatus, { statusId: posted.id });
  expect(await his!.next('status_removed')).toEqual({ statusId: posted.id, userId: asha.id });
  expect((await answer(biren, posted.id)).status).toBe(404);
  for (const event of ['status_added', 'status_viewed', 'status_removed'] as const)
    expect(theirs!.seen(event)).toEqual([]);
});
