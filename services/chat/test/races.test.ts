import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import type { Prisma } from '@taar/db';
import { aGroupWithRoles } from './groups.ts';
import { sendText } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat();

/** Makes a request that waits for a change, and commits the change once the request waits. */
const during = async <T>(
  change: (tx: Prisma.TransactionClient) => Promise<unknown>,
  request: () => Promise<T>,
): Promise<T> => {
  const { answer } = await chat.admin.$transaction(async (tx) => {
    await change(tx);
    let answered = false;
    const asked = request().finally(() => (answered = true));
    let waiting: unknown[] = [];
    while (waiting.length === 0 && !answered)
      waiting = await chat.admin.$queryRaw`
        SELECT 1
        FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    return { answer: asked };
  });
  return answer;
};

const deleteForEveryone = (id: string) => async (tx: Prisma.TransactionClient) => {
  await tx.message.update({ where: { id }, data: { content: null, deletedAt: new Date() } });
  await tx.messageStar.deleteMany({ where: { messageId: id } });
};
const remove = (chatId: string, userId: string) => (tx: Prisma.TransactionClient) =>
  tx.chatMember.update({
    where: { chatId_userId: { chatId, userId } },
    data: { leftAt: new Date(), leftSeq: 1 },
  });

const aMessageInAGroup = async () => {
  const group = await aGroupWithRoles(chat);
  const { id: messageId } = await sendText(group.owner, group.chatId, 'hello');
  return { ...group, place: { chatId: group.chatId, messageId } };
};
const countStars = ({ messageId }: { messageId: string }) =>
  chat.admin.messageStar.count({ where: { messageId } });

describe('a star', () => {
  test('a star is refused on a message whose deletion commits first', async () => {
    const { member, place } = await aMessageInAGroup();

    const answer = await during(deleteForEveryone(place.messageId), () =>
      member.call(chatRest.starMessage, place),
    );

    expect(answer).toMatchObject({ status: 410, body: { code: 'gone' } });
    expect(await countStars(place)).toBe(0);
  });

  test('a star can be removed from a message whose deletion commits first', async () => {
    const { member, place } = await aMessageInAGroup();
    await member.call(chatRest.starMessage, place);

    const answer = await during(deleteForEveryone(place.messageId), () =>
      member.call(chatRest.unstarMessage, place),
    );

    expect(answer.status).toBe(204);
  });

  test('a star of a member whose removal commits first is refused', async () => {
    const { member, place } = await aMessageInAGroup();

    const answer = await during(remove(place.chatId, member.userId), () =>
      member.call(chatRest.starMessage, place),
    );

    expect(answer).toMatchObject({ status: 403, body: { code: 'not_a_member' } });
    expect(await countStars(place)).toBe(0);
  });
});

test('a message deleted for everyone is an empty tombstone, whatever runs beside it', async () => {
  const { owner, admin, member, chatId } = await aGroupWithRoles(chat);
  for (let round = 0; round < 15; round++) {
    const { id: messageId } = await sendText(owner, chatId, 'hello');
    const place = { chatId, messageId };
    const answers = await Promise.all([
      member.call(chatRest.starMessage, place),
      owner.call(chatRest.editMessage, { ...place, content: 'good-bye', mentions: [admin.userId] }),
      admin.call(chatRest.setReaction, { ...place, emoji: '👍' }),
      owner.call(chatRest.deleteMessage, { ...place, scope: 'everyone' }),
      admin.call(chatRest.pinMessage, place),
      admin.call(chatRest.starMessage, place),
      member.call(chatRest.setReaction, { ...place, emoji: '👍' }),
    ]);
    expect(answers.map(({ status }) => status).filter((status) => status >= 500)).toEqual([]);
    const tombstone = await chat.admin.message.findUniqueOrThrow({
      where: { id: messageId },
      include: { stars: true, edits: true, reactions: true, pins: true, mentions: true },
    });
    expect(tombstone).toMatchObject({ content: null, metadata: {}, edits: [], mentions: [] });
    expect([tombstone.stars, tombstone.reactions, tombstone.pins]).toEqual([[], [], []]);
  }
});

test('an invite link of an admin whose removal commits first is refused', async () => {
  const { admin, place } = await aMessageInAGroup();

  const answer = await during(remove(place.chatId, admin.userId), () =>
    admin.call(chatRest.createInviteLink, { chatId: place.chatId }),
  );

  expect(answer).toMatchObject({ status: 403, body: { code: 'not_a_member' } });
});

test('a deletion for oneself by a member whose removal commits first is refused', async () => {
  const { member, place } = await aMessageInAGroup();

  const answer = await during(remove(place.chatId, member.userId), () =>
    member.call(chatRest.deleteMessage, place),
  );

  expect(answer).toMatchObject({ status: 403, body: { code: 'not_a_member' } });
});
