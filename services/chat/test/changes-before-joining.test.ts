import { expect, test } from '@jest/globals';
import { chatRest } from '@taar/contracts';
import type { Commit } from '../src/core/commit.ts';
import { aGroupWithRoles } from './groups.ts';
import { startChat } from './start.ts';

const chat = await startChat();

test('changes made while a member was out are numbered below their return', async () => {
  const commits: Commit[] = [];
  // A node that publishes nothing, as if its commits reached the other nodes late.
  const isolated = await chat.startNode(
    {},
    { publishCommits: (published) => void commits.push(...published) },
  );
  const { chatId, owner, member, stranger } = await aGroupWithRoles(chat);
  const ownerThere = isolated.as({ id: owner.userId });
  const { userId } = member;
  await ownerThere.call(chatRest.addMembers, { chatId, userIds: [stranger.userId] });
  await ownerThere.call(chatRest.removeMember, { chatId, userId });
  await ownerThere.call(chatRest.updateChat, { chatId, name: 'Without you' });
  await ownerThere.call(chatRest.removeMember, { chatId, userId: stranger.userId });
  await ownerThere.call(chatRest.addMembers, { chatId, userIds: [userId] });

  const joinedSeq = Number(
    (
      await chat.admin.chatMember.findUniqueOrThrow({
        where: { chatId_userId: { chatId, userId } },
      })
    ).joinedSeq,
  );
  const changes = commits.flatMap((commit) => commit.changes);
  const joined = changes.findIndex(({ seq }) => seq === joinedSeq);

  expect(changes.slice(0, joined).every(({ seq }) => seq !== undefined && seq < joinedSeq)).toBe(
    true,
  );
  expect(changes.slice(joined).map(({ event, seq }) => [event, seq])).toEqual([
    ['message_received', joinedSeq],
    ['members_updated', joinedSeq],
  ]);
});
