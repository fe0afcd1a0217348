import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aBlock } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { aFamily, say } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);

const see = async (who: Person, chatId: string, messageId: string) =>
  (await who.call(chatRest.getMessage, { chatId, messageId })).body;

describe('reactions', () => {
  test('are one a member, counted for everyone, told live, and repeat without effect', async () => {
    const { owner, admin, member, chatId } = await aFamily(chat);
    const place = { chatId, messageId: (await say(owner, chatId, 'x')).id };
    const phone = await member.connect();
    const react = (who: Person, emoji: string) =>
      who.call(chatRest.setReaction, { ...place, emoji });

    expect((await react(admin, '👍')).status).toBe(204);
    await react(member, '👍');
    await react(member, '👍');
    await react(admin, '👩🏽‍❤️‍💋‍👨🏻');

    await phone.next('reaction_updated', ({ changeSeq }) => changeSeq === 4);
    expect(phone.seen('reaction_updated')).toMatchObject([
      { changeSeq: 2, userId: admin.userId, emoji: '👍', reactions: [{ emoji: '👍', count: 1 }] },
      { changeSeq: 3, userId: member.userId, reactions: [{ emoji: '👍', count: 2 }] },
      { changeSeq: 4, emoji: '👩🏽‍❤️‍💋‍👨🏻', reactions: [{ count: 1 }, { count: 1 }] },
    ]);
    const seen = await see(member, chatId, place.messageId);
    expect(seen).toMatchObject({ changeSeq: 4, my: { reaction: '👍' } });

    await member.call(chatRest.removeReaction, { ...place, emoji: '🎉' });
    await member.call(chatRest.removeReaction, place);
    await member.call(chatRest.removeReaction, place);
    const told = await phone.next('reaction_updated', ({ emoji }) => emoji === null);
    expect(told).toMatchObject({ changeSeq: 5, reactions: [{ emoji: '👩🏽‍❤️‍💋‍👨🏻', count: 1 }] });
  });

  test.each(['👍👍', 'a', '1', '', '👍 ', '🇮'])('are one emoji: %j is not', async (emoji) => {
    const { asha, chatId } = await chat.twoFriends();
    const { id } = await say(asha, chatId, 'x');
    const answer = await asha.call(chatRest.setReaction, { chatId, messageId: id, emoji });
    expect(answer.status).toBe(400);
  });

  test('do not reach over a block, and do not tell of it', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const place = { chatId, messageId: (await say(asha, chatId, 'x')).id };
    await aBlock(chat.admin, { id: asha.userId }, { id: biren.userId });
    const reacted = await biren.call(chatRest.setReaction, { ...place, emoji: '👎' });
    expect(reacted.status).toBe(204);
    expect(await see(asha, chatId, place.messageId)).toMatchObject({ changeSeq: 1, reactions: [] });
    const refused = await asha.call(chatRest.setReaction, { ...place, emoji: '👎' });
    expect(refused.body).toMatchObject({ code: 'forbidden' });
  });
});

describe('stars', () => {
  test('are private, told to own devices, and listed the latest first', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const [one, two] = [await say(asha, chatId, 'one'), await say(asha, chatId, 'two')];
    const place = (messageId: string) => ({ chatId, messageId });
    const [tablet, theirs] = await Promise.all([
      chat.as({ id: biren.userId }).connect(),
      asha.connect(),
    ]);
    const list = async (cursor?: string) =>
      (await biren.call(chatRest.listStarred, { limit: 1, ...(cursor && { cursor }) })).body;

    for (const { id } of [one, two])
      expect((await biren.call(chatRest.starMessage, place(id))).status).toBe(204);
    await biren.call(chatRest.starMessage, place(one.id));

    await tablet.next('my_state_updated', ({ userVer }) => userVer === 2);
    expect(tablet.seen('my_state_updated')).toHaveLength(2);
    expect(theirs.seen('my_state_updated')).toEqual([]);
    const first = await list();
    expect(first.items).toMatchObject([{ id: two.id, my: { starred: true } }]);
    const second = await list(first.nextCursor!);
    expect(second).toMatchObject({ items: [{ id: one.id }], nextCursor: null });
    expect((await see(asha, chatId, one.id)).my!.starred).toBe(false);

    await biren.call(chatRest.unstarMessage, place(two.id));
    await asha.call(chatRest.deleteMessage, { ...place(one.id), scope: 'everyone' });
    expect((await list()).items).toEqual([]);
    const removals = await chat.admin.userRemoval.findMany({ where: { userId: biren.userId } });
    expect(removals).toMatchObject([{ kind: 'star', ref: two.id, userVer: 3n }]);
  });
});

describe('pins', () => {
  test('are up to three a chat, told live and said in the chat', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const ids: string[] = [];
    for (const word of ['a', 'b', 'c', 'd']) ids.push((await say(asha, chatId, word)).id);
    const pin = (who: Person, messageId: string) =>
      who.call(chatRest.pinMessage, { chatId, messageId });
    const phone = await asha.connect();

    expect((await pin(biren, ids[0]!)).status).toBe(204);
    await pin(biren, ids[0]!);
    expect(await phone.next('message_pinned')).toMatchObject({
      messageId: ids[0],
      pinned: true,
      changeSeq: 5,
    });
    expect((await phone.next('message_received')).message).toMatchObject({
      messageType: 'system',
      changeSeq: 6,
      metadata: { event: 'message_pinned', actorId: biren.userId, messageId: ids[0] },
    });
    await pin(asha, ids[1]!);
    await pin(asha, ids[2]!);
    expect((await pin(asha, ids[3]!)).body).toMatchObject({ status: 409, code: 'conflict' });
    await asha.call(chatRest.unpinMessage, { chatId, messageId: ids[0]! });
    expect(await phone.next('message_pinned', ({ pinned }) => !pinned)).toMatchObject({
      messageId: ids[0],
    });
    expect((await pin(asha, ids[3]!)).status).toBe(204);
    expect(await see(biren, chatId, ids[3]!)).toMatchObject({ pinned: true });
  });

  test('in a group are for whoever may change its info', async () => {
    const { owner, member, chatId } = await aFamily(chat);
    const place = { chatId, messageId: (await say(member, chatId, 'x')).id };
    const refused = await member.call(chatRest.pinMessage, place);
    expect(refused.body).toMatchObject({ code: 'forbidden_role' });
    expect((await owner.call(chatRest.pinMessage, place)).status).toBe(204);
    await chat.admin.chat.update({
      where: { id: chatId },
      data: { settings: { whoCanEditInfo: 'all' } },
    });
    expect((await member.call(chatRest.unpinMessage, place)).status).toBe(204);
  });
});

test('what the system says is not marked or taken back', async () => {
  const { owner, chatId } = await aFamily(chat);
  const { id } = await say(owner, chatId, 'x');
  await owner.call(chatRest.pinMessage, { chatId, messageId: id });
  const { items } = (await owner.call(chatRest.listMessages, { chatId })).body;
  const place = { chatId, messageId: items[1]!.id };
  const answers = [
    await owner.call(chatRest.setReaction, { ...place, emoji: '👍' }),
    await owner.call(chatRest.starMessage, place),
    await owner.call(chatRest.pinMessage, place),
    await owner.call(chatRest.editMessage, { ...place, content: 'x' }),
    await owner.call(chatRest.deleteMessage, { ...place, scope: 'everyone' }),
  ];
  for (const { body } of answers) expect(body).toMatchObject({ code: 'forbidden' });
});
