import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import {
  aDevice,
  formerViewOf,
  formerViewOverRest,
  settled,
  viewOf,
  viewOverRest,
} from './devices.ts';
import { aFourfold } from './groups.ts';
import { say } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat();

/** While its owner was out, what changed first was kept from it, and it heard of what came later. */
const aDeviceThatHeard = async () => {
  const { chatId, owner, member } = await aFourfold(chat);
  const changed = await say(owner, chatId, 'as it was');
  const deleted = await say(owner, chatId, 'for a moment');
  const device = await aDevice(chat.url, member, { heartbeatMs: 600_000 });
  await settled(device);
  const leave = () => member.call(chatRest.removeMember, { chatId, userId: member.userId });
  await leave();
  await owner.call(chatRest.editMessage, { chatId, messageId: changed.id, content: 'as it is' });
  await owner.call(chatRest.deleteMessage, { chatId, messageId: deleted.id, scope: 'everyone' });
  await settled(device);
  const comeBack = () => owner.call(chatRest.addMembers, { chatId, userIds: [member.userId] });
  return { chatId, owner, member, device, leave, comeBack };
};

describe('a device that heard of a deletion while its owner was out of a group', () => {
  test('has everything else too when they are back', async () => {
    const { member, device, comeBack } = await aDeviceThatHeard();

    await comeBack();
    await settled(device);

    expect(viewOf(device.database)).toEqual(await viewOverRest(member));
  });

  test('also where they were back and left again before it asked', async () => {
    const { chatId, owner, member, device, leave, comeBack } = await aDeviceThatHeard();
    const { database } = device;
    await device.stop();

    await comeBack();
    await leave();
    await say(owner, chatId, 'not for them');
    const again = await aDevice(chat.url, member, { database, perChat: 1 });
    await settled(again);

    expect(formerViewOf(database)).toEqual(await formerViewOverRest(member));
  });
});
