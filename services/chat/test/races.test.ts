import { describe, expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import type { Prisma } from '@taar/db';
import { aFamily, say } from './messages.ts';
import { startChat } from './start.ts';

const chat = await startChat();

/** A request made while something else is about to commit, which it is to wait for. */
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
      waiting = await chat.admin.$queryRaw`SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    return { answer: asked };
  });
  return answer;
};

const entomb = (id: string) => async (tx: Prisma.TransactionClient) => {
  await tx.message.update({ where: { id }, data: { content: null, deletedAt: new Date() } });
  await tx.messageStar.deleteMany({ where: { messageId: id } });
};
const takeOut = (chatId: string, userId: string) => (tx: Prisma.TransactionClient) =>
  tx.chatMember.update({
    where: { chatId_userId: { chatId, userId } },
    data: { leftAt: new Date(), leftSeq: 1 },
  });

const aMessageInAGroup = async () => {
  const family = await aFamily(chat);
  const { id: messageId } = await say(family.owner, family.chatId, 'hello');
  return { ...family, place: { chatId: family.chatId, messageId } };
};
const stars = ({ messageId }: { messageId: string }) =>
  chat.admin.messageStar.count({ where: { messageId } });

describe('a star', () => {
  test('on a message that is deleted for everyone meanwhile is refused', async () => {
    const { member, place } = await aMessageInAGroup();

    const answer = await during(entomb(place.messageId), () =>
      member.call(chatRest.starMessage, place),
    );

    expect(answer).toMatchObject({ status: 410, body: { code: 'gone' } });
    expect(await stars(place)).toBe(0);
  });

  test('that is taken off a message that is deleted for everyone meanwhile is off', async () => {
    const { member, place } = await aMessageInAGroup();
    await member.call(chatRest.starMessage, place);

    const answer = await during(entomb(place.messageId), () =>
      member.call(chatRest.unstarMessage, place),
    );

    expect(answer.status).toBe(204);
  });

  test('of somebody who is taken out meanwhile is refused', async () => {
    const { member, place } = await aMessageInAGroup();

    const answer = await during(takeOut(place.chatId, member.userId), () =>
      member.call(chatRest.starMessage, place),
    );

    expect(answer).toMatchObject({ status: 403, body: { code: 'not_a_member' } });
    expect(await stars(place)).toBe(0);
  });
});

test('whatever is done to a message while it is deleted for everyone, its tombstone is empty', async () => {
  const { owner, admin, member, chatId } = await aFamily(chat);
  for (let round = 0; round < 15; round++) {
    const { id: messageId } = await say(owner, chatId, 'hello');
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
    const left = await chat.admin.message.findUniqueOrThrow({
      where: { id: messageId },
      include: { stars: true, edits: true, reactions: true, pins: true, mentions: true },
    });
    expect(left).toMatchObject({ content: null, metadata: {}, edits: [], mentions: [] });
    expect([left.stars, left.reactions, left.pins]).toEqual([[], [], []]);
  }
});

test('an invite link of an admin who is taken out meanwhile is refused', async () => {
  const { admin, place } = await aMessageInAGroup();

  const answer = await during(takeOut(place.chatId, admin.userId), () =>
    admin.call(chatRest.createInviteLink, { chatId: place.chatId }),
  );

  expect(answer).toMatchObject({ status: 403, body: { code: 'not_a_member' } });
});

test('a message hidden by somebody who is taken out meanwhile stays as it was', async () => {
  const { member, place } = await aMessageInAGroup();

  const answer = await during(takeOut(place.chatId, member.userId), () =>
    member.call(chatRest.deleteMessage, place),
  );

  expect(answer).toMatchObject({ status: 403, body: { code: 'not_a_member' } });
});
