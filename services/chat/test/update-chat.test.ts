import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aBlock, aMedia } from '@taar/testing/factories';
import { aGroupWithRoles, systemEvents } from './groups.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);

describe('PUT /chats/:chatId of a group', () => {
  test('an update reaches members as one change and one system message a field', async () => {
    const { chatId, admin, member } = await aGroupWithRoles(chat);
    const picture = await aMedia(chat.admin, { id: admin.userId }, { purpose: 'group_avatar' });
    const phone = await chat.nodes[1]!.as({ id: member.userId }).connect();

    const changed = await admin.call(chatRest.updateChat, {
      chatId,
      name: 'Ranna',
      description: 'What we cook',
      avatarMediaId: picture.id,
      settings: { whoCanSend: 'admins', disappearingSeconds: 3_600 },
    });

    expect(changed).toMatchObject({
      status: 200,
      body: { name: 'Ranna', description: 'What we cook', avatarUrl: `/media/${picture.id}` },
    });
    const { chat: info, changeSeq } = await phone.next('chat_updated');
    expect({ changeSeq, info }).toMatchObject({
      changeSeq: 1,
      info: { name: 'Ranna', settings: { whoCanSend: 'admins', disappearingSeconds: 3_600 } },
    });
    await phone.next('message_received', ({ chat: { changeSeq: at } }) => at === 6);
    const changeSeqs = phone.seen('message_received').map(({ chat: { changeSeq: at } }) => at);
    expect(changeSeqs).toEqual([2, 3, 4, 5, 6]);
    expect(await systemEvents(member, chatId)).toEqual([
      'name_changed',
      'description_changed',
      'avatar_changed',
      'settings_changed',
      'disappearing_changed',
    ]);
    const links = await chat.admin.mediaLink.findMany({ where: { refId: chatId } });
    expect(links).toMatchObject([{ mediaId: picture.id, kind: 'group_avatar', chatId }]);
  });

  test('an update to the current values changes nothing', async () => {
    const { chatId, admin } = await aGroupWithRoles(chat);
    const wanted = { chatId, name: 'Ranna', settings: { whoCanSend: 'all' as const } };
    const first = await admin.call(chatRest.updateChat, wanted);

    const second = await admin.call(chatRest.updateChat, wanted);

    expect(second.body.changeSeq).toBe(first.body.changeSeq);
    expect(first.body).toMatchObject({ changeSeq: 2, lastSeq: 1 });
  });

  test('null removes a description and a picture', async () => {
    const { chatId, admin } = await aGroupWithRoles(chat);
    const picture = await aMedia(chat.admin, { id: admin.userId }, { purpose: 'group_avatar' });
    await admin.call(chatRest.updateChat, {
      chatId,
      description: 'x',
      avatarMediaId: picture.id,
    });

    const { body } = await admin.call(chatRest.updateChat, {
      chatId,
      description: null,
      avatarMediaId: null,
    });

    expect(body).toMatchObject({ description: null, avatarUrl: null });
    expect(await chat.admin.mediaLink.count({ where: { refId: chatId } })).toBe(0);
  });

  test('an update by a caller without the role is refused as a whole', async () => {
    const { chatId, owner, admin, member, stranger } = await aGroupWithRoles(chat);
    const all = { chatId, name: 'Mine', my: { pinned: true } };
    const settings = { chatId, settings: { whoCanSend: 'all' as const } };
    await owner.call(chatRest.changeRole, { chatId, userId: admin.userId, role: 'member' });

    const answers = await Promise.all([
      member.call(chatRest.updateChat, all),
      admin.call(chatRest.updateChat, all),
      admin.call(chatRest.updateChat, settings),
      stranger.call(chatRest.updateChat, all),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 404]);
    const { body } = await member.call(chatRest.getChat, { chatId });
    expect(body.name).not.toBe('Mine');
    expect(body.my.pinnedAt).toBeNull();
  });

  test('a group can let every member edit its info, and never its settings', async () => {
    const { chatId, member } = await aGroupWithRoles(chat, { whoCanEditInfo: 'all' });

    const name = await member.call(chatRest.updateChat, { chatId, name: 'Ours' });
    const rules = await member.call(chatRest.updateChat, {
      chatId,
      settings: { whoCanEditInfo: 'admins' },
    });

    expect([name.status, rules.status]).toEqual([200, 403]);
  });

  test('an empty update and media that is not ready or of another user are refused', async () => {
    const { chatId, admin, member } = await aGroupWithRoles(chat);
    const [foreign, pending, audio] = await Promise.all([
      aMedia(chat.admin, { id: member.userId }),
      aMedia(chat.admin, { id: admin.userId }, { state: 'processing' }),
      aMedia(chat.admin, { id: admin.userId }, { mimeType: 'audio/ogg' }),
    ]);
    const change = (fields: object) => admin.call(chatRest.updateChat, { chatId, ...fields });

    const answers = await Promise.all([
      change({}),
      change({ settings: {} }),
      change({ name: '   ' }),
      change({ avatarMediaId: foreign.id }),
      change({ avatarMediaId: audio.id }),
      change({ avatarMediaId: pending.id }),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 404, 404, 409]);
  });
});

describe('PUT /chats/:chatId of a direct chat', () => {
  test('either side can set the disappearing timer and nothing else of the chat', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();

    const set = await asha.call(chatRest.updateChat, {
      chatId,
      settings: { disappearingSeconds: 60 },
    });
    const name = await asha.call(chatRest.updateChat, { chatId, name: 'Us' });
    const rules = await asha.call(chatRest.updateChat, {
      chatId,
      settings: { whoCanSend: 'admins', disappearingSeconds: null },
    });

    expect([set.status, name.status, rules.status]).toEqual([200, 400, 400]);
    expect(await systemEvents(biren, chatId)).toEqual(['disappearing_changed']);
    const { body } = await biren.call(chatRest.getChat, { chatId });
    expect(body.settings.disappearingSeconds).toBe(60);
  });

  test('an update never crosses a block, and does not reveal the block', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    await aBlock(chat.admin, { id: asha.userId }, { id: biren.userId });
    const before = (await asha.call(chatRest.getChat, { chatId })).body;
    const settings = { disappearingSeconds: 60 };

    const ashas = await asha.call(chatRest.updateChat, { chatId, settings });
    const birens = await biren.call(chatRest.updateChat, {
      chatId,
      settings,
      my: { pinned: true },
    });

    expect(ashas).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(birens.status).toBe(200);
    expect(birens.body.my.pinnedAt).not.toBeNull();
    expect((await asha.call(chatRest.getChat, { chatId })).body).toEqual(before);
  });
});

describe('PUT /chats/:chatId of the caller’s own settings', () => {
  test('own settings reach the caller’s devices and change nothing for others', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const [tablet, phone] = await Promise.all([
      chat.nodes[1]!.as({ id: asha.userId }).connect(),
      biren.connect(),
    ]);
    const before = await chat.admin.userState.findUniqueOrThrow({
      where: { userId: asha.userId },
    });

    const { body } = await asha.call(chatRest.updateChat, {
      chatId,
      my: { mutedUntil: 'forever', pinned: true, archived: true, markedUnread: true },
    });

    expect(body).toMatchObject({
      changeSeq: 0,
      my: { mutedUntil: '9999-12-31T23:59:59.999Z', archived: true, markedUnread: true },
    });
    expect(body.my.pinnedAt).not.toBeNull();
    expect(await tablet.next('my_state_updated')).toEqual({
      userVer: Number(before.userVer) + 1,
      chatId,
    });
    const theirs = await biren.call(chatRest.getChat, { chatId });
    expect(theirs.body.my).toMatchObject({ mutedUntil: null, pinnedAt: null, archived: false });
    expect(phone.seen('my_state_updated')).toEqual([]);
  });

  test('own settings can be reset', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const updateMy = (my: object) => asha.call(chatRest.updateChat, { chatId, my });
    await updateMy({ mutedUntil: '2999-01-01T00:00:00.000Z', pinned: true, archived: true });

    const { body } = await updateMy({ mutedUntil: null, pinned: false, archived: false });

    expect(body.my).toMatchObject({ mutedUntil: null, pinnedAt: null, archived: false });
  });

  test('a chat that is pinned twice keeps its place', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const pin = () => asha.call(chatRest.updateChat, { chatId, my: { pinned: true } });

    const [first, second] = [await pin(), await pin()];

    expect(second.body.my.pinnedAt).toBe(first.body.my.pinnedAt);
  });

  test('a time with the offset of Dhaka is stored as the same moment', async () => {
    const { asha, chatId } = await chat.twoFriends();
    const my = { mutedUntil: '2099-08-01T16:00:00+06:00' };

    const { body } = await asha.call(chatRest.updateChat, { chatId, my });

    expect(body.my.mutedUntil).toBe('2099-08-01T10:00:00.000Z');
  });

  test('a time that the calendar does not have is refused', async () => {
    const { asha, chatId } = await chat.twoFriends();
    for (const mutedUntil of ['2026-02-30T00:00:00.000Z', '0000-01-01T00:00:00.000Z', 'never']) {
      const { status } = await asha.call(chatRest.updateChat, { chatId, my: { mutedUntil } });
      expect(status).toBe(400);
    }
  });
});
