import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import { aBlock } from '@taar/testing/factories';
import type { Person } from '@taar/testing/people';
import { aGroupWithRoles } from './groups.ts';
import { sendText } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat(2);

const read = async (person: Person, chatId: string, messageId: string) =>
  (await person.call(chatRest.getMessage, { chatId, messageId })).body;

describe('reactions', () => {
  test('a member has one reaction to a message, counted for all and emitted once', async () => {
    const { owner, admin, member, chatId } = await aGroupWithRoles(chat);
    const place = { chatId, messageId: (await sendText(owner, chatId, 'x')).id };
    const phone = await member.connect();
    const react = (person: Person, emoji: string) =>
      person.call(chatRest.setReaction, { ...place, emoji });

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
    const seen = await read(member, chatId, place.messageId);
    expect(seen).toMatchObject({ changeSeq: 4, my: { reaction: '👍' } });

    await member.call(chatRest.removeReaction, { ...place, emoji: '🎉' });
    await member.call(chatRest.removeReaction, place);
    await member.call(chatRest.removeReaction, place);
    const event = await phone.next('reaction_updated', ({ emoji }) => emoji === null);
    expect(event).toMatchObject({ changeSeq: 5, reactions: [{ emoji: '👩🏽‍❤️‍💋‍👨🏻', count: 1 }] });
  });

  test.each(['👍👍', 'a', '1', '', '👍 ', '🇮'])(
    'the reaction %j is refused, as it is not one emoji',
    async (emoji) => {
      const { asha, chatId } = await chat.twoFriends();
      const { id } = await sendText(asha, chatId, 'x');
      const answer = await asha.call(chatRest.setReaction, { chatId, messageId: id, emoji });
      expect(answer.status).toBe(400);
    },
  );

  test('a reaction never crosses a block, and does not reveal the block', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const place = { chatId, messageId: (await sendText(asha, chatId, 'x')).id };
    await aBlock(chat.admin, { id: asha.userId }, { id: biren.userId });
    const reacted = await biren.call(chatRest.setReaction, { ...place, emoji: '👎' });
    expect(reacted.status).toBe(204);
    expect(await read(asha, chatId, place.messageId)).toMatchObject({
      changeSeq: 1,
      reactions: [],
    });
    const refused = await asha.call(chatRest.setReaction, { ...place, emoji: '👎' });
    expect(refused.body).toMatchObject({ code: 'forbidden' });
  });
});

describe('stars', () => {
  test('stars are private, emitted to the user’s devices and listed latest first', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const [one, two] = [await sendText(asha, chatId, 'one'), await sendText(asha, chatId, 'two')];
    const place = (messageId: string) => ({ chatId, messageId });
    const [tablet, ashasPhone] = await Promise.all([
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
    expect(ashasPhone.seen('my_state_updated')).toEqual([]);
    const first = await list();
    expect(first.items).toMatchObject([{ id: two.id, my: { starred: true } }]);
    const second = await list(first.nextCursor!);
    expect(second).toMatchObject({ items: [{ id: one.id }], nextCursor: null });
    expect((await read(asha, chatId, one.id)).my!.starred).toBe(false);

    await biren.call(chatRest.unstarMessage, place(two.id));
    await asha.call(chatRest.deleteMessage, { ...place(one.id), scope: 'everyone' });
    expect((await list()).items).toEqual([]);
    const removals = await chat.admin.userRemoval.findMany({ where: { userId: biren.userId } });
    expect(removals).toMatchObject([{ kind: 'star', ref: two.id, userVer: 3n }]);
  });
});

describe('pins', () => {
  test('a chat has up to three pins, each emitted and recorded by a system message', async () => {
    const { asha, biren, chatId } = await chat.twoFriends();
    const ids: string[] = [];
    for (const word of ['a', 'b', 'c', 'd']) ids.push((await sendText(asha, chatId, word)).id);
    const pin = (person: Person, messageId: string) =>
      person.call(chatRest.pinMessage, { chatId, messageId });
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
    expect(await read(biren, chatId, ids[3]!)).toMatchObject({ pinned: true });
  });

  test('a member of a group can pin if they may edit its info', async () => {
    const { owner, member, chatId } = await aGroupWithRoles(chat);
    const place = { chatId, messageId: (await sendText(member, chatId, 'x')).id };
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

test('system messages cannot be reacted to, starred, pinned, edited or deleted', async () => {
  const { owner, chatId } = await aGroupWithRoles(chat);
  const { id } = await sendText(owner, chatId, 'x');
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
