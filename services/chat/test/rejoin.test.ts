import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { localFormerView, localView, serverFormerView, serverView } from './chat-views.ts';
import { aDevice, untilSynced } from './devices.ts';
import { aGroupWithRoles } from './groups.ts';
import { sendText } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat();

/** A device that did not get an edit while its user was out, but got the later deletion. */
const aDeviceThatSawDeletion = async () => {
  const { chatId, owner, member } = await aGroupWithRoles(chat);
  const changed = await sendText(owner, chatId, 'as it was');
  const deleted = await sendText(owner, chatId, 'for a moment');
  const device = await aDevice(chat.url, member, { heartbeatMs: 600_000 });
  await untilSynced(device);
  const leave = () => member.call(chatRest.removeMember, { chatId, userId: member.userId });
  await leave();
  await owner.call(chatRest.editMessage, { chatId, messageId: changed.id, content: 'as it is' });
  await owner.call(chatRest.deleteMessage, { chatId, messageId: deleted.id, scope: 'everyone' });
  await untilSynced(device);
  const comeBack = () => owner.call(chatRest.addMembers, { chatId, userIds: [member.userId] });
  return { chatId, owner, member, device, leave, comeBack };
};

describe('a device that learned of a deletion while its user was out of a group', () => {
  test('the device has all messages when its user is back', async () => {
    const { member, device, comeBack } = await aDeviceThatSawDeletion();

    await comeBack();
    await untilSynced(device);

    expect(localView(device.database)).toEqual(await serverView(member));
  });

  test('the device has a former member’s view if its user left before its sync', async () => {
    const { chatId, owner, member, device, leave, comeBack } = await aDeviceThatSawDeletion();
    const { database } = device;
    await device.stop();

    await comeBack();
    await leave();
    await sendText(owner, chatId, 'not for them');
    const reopened = await aDevice(chat.url, member, { database, perChat: 1 });
    await untilSynced(reopened);

    expect(localFormerView(database)).toEqual(await serverFormerView(member));
  });
});
