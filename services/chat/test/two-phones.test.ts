import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { until } from './devices.ts';
import { startWorld } from './two-phones.ts';

const world = await startWorld();
const { people, quiet } = world;

/** All three apps are open, and know of each other. */
const allOpen = async (hers?: string) => {
  const scene = await people(hers);
  const { first, second, his, show } = scene;
  await Promise.all([first.open(), second.open(), his.open()]);
  await show({ tick: 'read', online: true, unread: 0, icon: 0 });
  return scene;
};

describe('two phones of Asha and one of Biren show the same as in WhatsApp when', () => {
  test('all apps are open', async () => {
    const { asha, chatId, first, second, his, hisMessage, show } = await allOpen();

    await his.now().ask('typing_start', { chatId });
    for (const phone of [first, second])
      expect(await phone.now().next('typing_start')).toMatchObject({ chatId, kind: 'text' });
    const { id } = await hisMessage();
    for (const phone of [first, second]) {
      expect(await phone.now().next('message_received')).toMatchObject({ message: { id } });
      await phone.now().next('typing_stop');
    }
    await show({ tick: 'delivered', online: true, unread: 1, icon: 1 });
    const delivered = { userId: asha.id, upToSeq: 0, deliveredUpToSeq: 1 };
    expect(await his.now().next('message_read')).toMatchObject(delivered);

    await first.now().ask('message_read', { chatId, upToSeq: 1 });

    expect(await second.now().next('message_read')).toMatchObject({ upToSeq: 1, unreadCount: 0 });
    expect(await his.now().next('message_read')).toMatchObject({ userId: asha.id, upToSeq: 1 });
    await show({ tick: 'read', online: true, unread: 0, icon: 0 });
    await quiet();
    expect([first, second].map((phone) => phone.pushed())).toEqual([[], []]);
  });

  test('her app is in the background on both', async () => {
    const { asha, chatId, first, second, his, hisMessage, show } = await allOpen();

    await Promise.all([first.background(), second.background()]);
    const { lastSeen } = await his.now().next('user_offline');
    expect(lastSeen).not.toBeNull();
    await hisMessage();

    for (const phone of [first, second])
      expect(await phone.next('message')).toMatchObject({ data: { chatId, badge: '1' } });
    await show({ tick: 'delivered', online: false, unread: 1, icon: 1 });
    await first.now().ask('last_seen_update', { state: 'active' });
    expect(await his.now().next('user_online')).toMatchObject({ userId: asha.id });
    await quiet();
    expect([first, second].map((phone) => phone.pushed())).toEqual([['message'], ['message']]);
  });

  test('one of her phones is off', async () => {
    const { chatId, first, second, hisMessage, his, show } = await allOpen();
    second.off();

    await hisMessage();
    await first.now().next('message_received');
    expect(await second.next('message')).toMatchObject({ data: { chatId, badge: '1' } });
    await show({ tick: 'delivered', online: true, unread: 1, icon: 1 });
    await first.now().ask('message_read', { chatId, upToSeq: 1 });

    expect(await second.next('notification_dismiss')).toMatchObject({
      data: { chatId, upToSeq: '1', badge: '0' },
    });
    await second.open();
    await show({ tick: 'read', online: true, unread: 0, icon: 0 });
    await quiet();
    expect(first.pushed()).toEqual([]);
    expect(second.pushed()).toEqual(['message', 'notification_dismiss']);
    expect(his.now().seen('user_offline')).toEqual([]);
  });

  test('her network is cut, and comes back', async () => {
    const { chatId, first, second, his, hisMessage, show } = await allOpen(world.network.url);
    await first.now().ask('typing_start', { chatId });
    await his.now().next('typing_start');

    world.network.cut();
    await his.now().next('typing_stop');
    await his.now().next('user_offline');
    await hisMessage();
    await hisMessage();

    for (const phone of [first, second]) await phone.next('message');
    await show({ tick: 'sent', online: false, unread: 2, icon: 2 });
    world.network.mend();
    await Promise.all([first.open(), second.open()]);
    expect(await his.now().next('message_read')).toMatchObject({ deliveredUpToSeq: 2, upToSeq: 0 });
    await show({ tick: 'delivered', online: true, unread: 2, icon: 2 });
    await quiet();
    for (const phone of [first, second])
      expect([1, 2]).toContain(phone.pushed().filter((type) => type === 'message').length);
  });

  test('the node of her phones is killed', async () => {
    const kill = await world.startDoomed();
    const { chatId, first, second, his, hisMessage, show } = await allOpen(world.network.url);
    await first.now().ask('typing_start', { chatId });
    await his.now().next('typing_start');

    await kill();
    await his.now().next('user_offline');
    await hisMessage();

    for (const phone of [first, second]) await phone.next('message');
    await show({ tick: 'sent', online: false, unread: 1, icon: 1 });
    await until('the typing that nobody ended has ended', async () => {
      const joined = await his.now().ask('join_chat', { chatId });
      return joined.ok && joined.data.typing.length === 0;
    });
    await Promise.all([first.open(), second.open()]);
    await show({ tick: 'delivered', online: true, unread: 1, icon: 1 });
    await second.now().ask('message_read', { chatId, upToSeq: 1 });
    await show({ tick: 'read', online: true, unread: 0, icon: 0 });
    await quiet();
    expect([first, second].map((phone) => phone.pushed())).toEqual([['message'], ['message']]);
  });

  test('Redis is emptied', async () => {
    const { chatId, first, second, his, hisMessage, show } = await allOpen();
    await his.now().ask('typing_start', { chatId });

    await world.emptyRedis();
    const { id } = await hisMessage();

    for (const phone of [first, second])
      expect(await phone.now().next('message_received')).toMatchObject({ message: { id } });
    await show({ tick: 'delivered', online: true, unread: 1, icon: 1 });
    await second.now().ask('message_read', { chatId, upToSeq: 1 });
    expect(await first.now().next('message_read')).toMatchObject({ unreadCount: 0 });
    await show({ tick: 'read', online: true, unread: 0, icon: 0 });
    await quiet();
    expect(his.now().seen('user_offline')).toEqual([]);
  });

  test('it is read on her other phone', async () => {
    const { chatId, first, second, his, hisMessage, show } = await allOpen();
    await Promise.all([first.background(), second.background()]);
    await his.now().next('user_offline');
    await hisMessage();
    for (const phone of [first, second]) await phone.next('message');
    await quiet();

    first.off();
    await first.open();
    await first.now().ask('message_read', { chatId, upToSeq: 1 });

    expect(await second.next('notification_dismiss')).toMatchObject({
      data: { chatId, upToSeq: '1', badge: '0' },
    });
    expect(await second.now().next('message_read')).toMatchObject({ upToSeq: 1, unreadCount: 0 });
    await show({ tick: 'read', online: true, unread: 0, icon: 0 });
    await quiet();
    expect(first.pushed()).toEqual(['message']);
    expect(second.pushed()).toEqual(['message', 'notification_dismiss']);
  });

  test('she has blocked him', async () => {
    const { asha, biren, chatId, first, second, his, hisMessage, block, show } = await allOpen();
    second.off();

    await block();
    expect(await his.now().next('user_offline')).toEqual({ userId: asha.id, lastSeen: null });
    expect(await first.now().next('user_offline')).toEqual({ userId: biren.id, lastSeen: null });
    await hisMessage();
    await his.now().ask('typing_start', { chatId });
    await first.now().ask('typing_start', { chatId });
    await his.now().ask('typing_stop', { chatId });

    await show({ tick: 'sent', online: null, unread: 0, icon: 0 });
    const content = { chatId, clientMessageId: chatId, content: 'hello' };
    expect(await first.now().ask('send_message', content)).toMatchObject({
      error: { code: 'forbidden' },
    });
    await quiet();
    await show({ tick: 'sent', online: null, unread: 0, icon: 0 });
    for (const event of ['message_received', 'typing_start', 'typing_stop'] as const)
      expect([first, his].map((phone) => phone.now().seen(event))).toEqual([[], []]);
    expect([first, second].map((phone) => phone.pushed())).toEqual([[], []]);
    const { items } = (await first.person.call(chatRest.listMessages, { chatId })).body;
    expect(items).toEqual([]);
  });
});
