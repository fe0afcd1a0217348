import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { startTwoPhones } from './two-phones.ts';
import { until } from './wait.ts';

const backend = await startTwoPhones();
const { friends, untilPushed } = backend;

/** Asha and Biren with all three apps open and shown as online. */
const withAppsOpen = async (ashasUrl?: string) => {
  const scene = await friends(ashasUrl);
  const { first, second, birens, untilShown } = scene;
  await Promise.all([first.open(), second.open(), birens.open()]);
  await untilShown({ tick: 'read', online: true, unread: 0, badge: 0 });
  return scene;
};

describe('two phones of Asha and one of Biren', () => {
  test('all phones show messages, typing and receipts live while the apps are open', async () => {
    const { asha, chatId, first, second, birens, birenSends, untilShown } = await withAppsOpen();

    await birens.live().ask('typing_start', { chatId });
    for (const phone of [first, second])
      expect(await phone.live().next('typing_start')).toMatchObject({ chatId, kind: 'text' });
    const { id } = await birenSends();
    for (const phone of [first, second]) {
      expect(await phone.live().next('message_received')).toMatchObject({ message: { id } });
      await phone.live().next('typing_stop');
    }
    await untilShown({ tick: 'delivered', online: true, unread: 1, badge: 1 });
    const delivered = { userId: asha.id, upToSeq: 0, deliveredUpToSeq: 1 };
    expect(await birens.live().next('message_read')).toMatchObject(delivered);

    await first.live().ask('message_read', { chatId, upToSeq: 1 });

    expect(await second.live().next('message_read')).toMatchObject({ upToSeq: 1, unreadCount: 0 });
    expect(await birens.live().next('message_read')).toMatchObject({ userId: asha.id, upToSeq: 1 });
    await untilShown({ tick: 'read', online: true, unread: 0, badge: 0 });
    await untilPushed();
    expect([first, second].map((phone) => phone.pushed())).toEqual([[], []]);
  });

  test('both phones get a push while the app is in the background', async () => {
    const { asha, chatId, first, second, birens, birenSends, untilShown } = await withAppsOpen();

    await Promise.all([first.background(), second.background()]);
    const { lastSeen } = await birens.live().next('user_offline');
    expect(lastSeen).not.toBeNull();
    await birenSends();

    for (const phone of [first, second])
      expect(await phone.next('message')).toMatchObject({ data: { chatId, badge: '1' } });
    await untilShown({ tick: 'delivered', online: false, unread: 1, badge: 1 });
    await first.live().ask('last_seen_update', { state: 'active' });
    expect(await birens.live().next('user_online')).toMatchObject({ userId: asha.id });
    await untilPushed();
    expect([first, second].map((phone) => phone.pushed())).toEqual([['message'], ['message']]);
  });

  test('a phone that is off gets a push, and a dismissal when the other phone reads', async () => {
    const { chatId, first, second, birenSends, birens, untilShown } = await withAppsOpen();
    second.off();

    await birenSends();
    await first.live().next('message_received');
    expect(await second.next('message')).toMatchObject({ data: { chatId, badge: '1' } });
    await untilShown({ tick: 'delivered', online: true, unread: 1, badge: 1 });
    await first.live().ask('message_read', { chatId, upToSeq: 1 });

    expect(await second.next('notification_dismiss')).toMatchObject({
      data: { chatId, upToSeq: '1', badge: '0' },
    });
    await second.open();
    await untilShown({ tick: 'read', online: true, unread: 0, badge: 0 });
    await untilPushed();
    expect(first.pushed()).toEqual([]);
    expect(second.pushed()).toEqual(['message', 'notification_dismiss']);
    expect(birens.live().seen('user_offline')).toEqual([]);
  });

  test('phones whose network was cut get a push, and catch up when it is back', async () => {
    const { chatId, first, second, birens, birenSends, untilShown } = await withAppsOpen(
      backend.network.url,
    );
    await first.live().ask('typing_start', { chatId });
    await birens.live().next('typing_start');

    backend.network.cut();
    await birens.live().next('typing_stop');
    await birens.live().next('user_offline');
    await birenSends();
    await birenSends();

    for (const phone of [first, second]) await phone.next('message');
    await untilShown({ tick: 'sent', online: false, unread: 2, badge: 2 });
    backend.network.mend();
    await Promise.all([first.open(), second.open()]);
    expect(await birens.live().next('message_read')).toMatchObject({
      deliveredUpToSeq: 2,
      upToSeq: 0,
    });
    await untilShown({ tick: 'delivered', online: true, unread: 2, badge: 2 });
    await untilPushed();
    for (const phone of [first, second])
      expect([1, 2]).toContain(phone.pushed().filter((type) => type === 'message').length);
  });

  test('phones whose node was killed get a push, and the typing of that node ends', async () => {
    const kill = await backend.startKillableNode();
    const { chatId, first, second, birens, birenSends, untilShown } = await withAppsOpen(
      backend.network.url,
    );
    await first.live().ask('typing_start', { chatId });
    await birens.live().next('typing_start');

    await kill();
    await birens.live().next('user_offline');
    await birenSends();

    for (const phone of [first, second]) await phone.next('message');
    await untilShown({ tick: 'sent', online: false, unread: 1, badge: 1 });
    await until('the typing on the killed node has expired', async () => {
      const joined = await birens.live().ask('join_chat', { chatId });
      return joined.ok && joined.data.typing.length === 0;
    });
    await Promise.all([first.open(), second.open()]);
    await untilShown({ tick: 'delivered', online: true, unread: 1, badge: 1 });
    await second.live().ask('message_read', { chatId, upToSeq: 1 });
    await untilShown({ tick: 'read', online: true, unread: 0, badge: 0 });
    await untilPushed();
    expect([first, second].map((phone) => phone.pushed())).toEqual([['message'], ['message']]);
  });

  test('an emptied Redis changes nothing that the phones show', async () => {
    const { chatId, first, second, birens, birenSends, untilShown } = await withAppsOpen();
    await birens.live().ask('typing_start', { chatId });

    await backend.emptyRedis();
    const { id } = await birenSends();

    for (const phone of [first, second])
      expect(await phone.live().next('message_received')).toMatchObject({ message: { id } });
    await untilShown({ tick: 'delivered', online: true, unread: 1, badge: 1 });
    await second.live().ask('message_read', { chatId, upToSeq: 1 });
    expect(await first.live().next('message_read')).toMatchObject({ unreadCount: 0 });
    await untilShown({ tick: 'read', online: true, unread: 0, badge: 0 });
    await untilPushed();
    expect(birens.live().seen('user_offline')).toEqual([]);
  });

  test('a read on one phone dismisses the notification on the other', async () => {
    const { chatId, first, second, birens, birenSends, untilShown } = await withAppsOpen();
    await Promise.all([first.background(), second.background()]);
    await birens.live().next('user_offline');
    await birenSends();
    for (const phone of [first, second]) await phone.next('message');
    await untilPushed();

    first.off();
    await first.open();
    await first.live().ask('message_read', { chatId, upToSeq: 1 });

    expect(await second.next('notification_dismiss')).toMatchObject({
      data: { chatId, upToSeq: '1', badge: '0' },
    });
    expect(await second.live().next('message_read')).toMatchObject({ upToSeq: 1, unreadCount: 0 });
    await untilShown({ tick: 'read', online: true, unread: 0, badge: 0 });
    await untilPushed();
    expect(first.pushed()).toEqual(['message']);
    expect(second.pushed()).toEqual(['message', 'notification_dismiss']);
  });

  test('a block hides presence, typing and messages of both sides', async () => {
    const { asha, biren, chatId, first, second, birens, birenSends, block, untilShown } =
      await withAppsOpen();
    second.off();

    await block();
    expect(await birens.live().next('user_offline')).toEqual({ userId: asha.id, lastSeen: null });
    expect(await first.live().next('user_offline')).toEqual({ userId: biren.id, lastSeen: null });
    await birenSends();
    await birens.live().ask('typing_start', { chatId });
    await first.live().ask('typing_start', { chatId });
    await birens.live().ask('typing_stop', { chatId });

    await untilShown({ tick: 'sent', online: null, unread: 0, badge: 0 });
    const content = { chatId, clientMessageId: chatId, content: 'hello' };
    expect(await first.live().ask('send_message', content)).toMatchObject({
      error: { code: 'forbidden' },
    });
    await untilPushed();
    await untilShown({ tick: 'sent', online: null, unread: 0, badge: 0 });
    for (const event of ['message_received', 'typing_start', 'typing_stop'] as const)
      expect([first, birens].map((phone) => phone.live().seen(event))).toEqual([[], []]);
    expect([first, second].map((phone) => phone.pushed())).toEqual([[], []]);
    const { items } = (await first.person.call(chatRest.listMessages, { chatId })).body;
    expect(items).toEqual([]);
  });
});
