import { expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import type { Commit } from '../src/core/commit.ts';
import { aFourfold } from './groups.ts';
import { startChat } from './start.ts';

const chat = await startChat();

test('whoever comes back at once hears nothing of what was done while they were out', async () => {
  const held: Commit[] = [];
  // A node whose commits reach the others late, as over a slow bus.
  const late = await chat.startNode(
    {},
    { publishCommits: (commits) => void held.push(...commits) },
  );
  const { chatId, owner, member, stranger } = await aFourfold(chat);
  const boss = late.as({ id: owner.userId });
  const { userId } = member;
  await boss.call(chatRest.addMembers, { chatId, userIds: [stranger.userId] });
  await boss.call(chatRest.removeMember, { chatId, userId });
  await boss.call(chatRest.updateChat, { chatId, name: 'Without you' });
  await boss.call(chatRest.removeMember, { chatId, userId: stranger.userId });
  await boss.call(chatRest.addMembers, { chatId, userIds: [userId] });

  const joinedSeq = Number(
    (
      await chat.admin.chatMember.findUniqueOrThrow({
        where: { chatId_userId: { chatId, userId } },
      })
    ).joinedSeq,
  );
  const changes = held.flatMap((commit) => commit.changes);
  const joined = changes.findIndex(({ seq }) => seq === joinedSeq);

  expect(changes.slice(0, joined).every(({ seq }) => seq !== undefined && seq < joinedSeq)).toBe(
    true,
  );
  expect(changes.slice(joined).map(({ event, seq }) => [event, seq])).toEqual([
    ['message_received', joinedSeq],
    ['members_updated', joinedSeq],
  ]);
});
