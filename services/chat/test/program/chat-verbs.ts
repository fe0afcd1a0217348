import { chatRest } from '@taar/contracts';
import { aMedia } from '@taar/testing/factories';
import { blockUser, unblockUser } from './blocks.ts';
import { type Step, chatOf, deviceOf } from './step.ts';
import type { World } from './world.ts';

/** The actor of a step, its chat and the other user. */
const scene = (world: World, step: Step) => ({
  person: deviceOf(world, step).person,
  chatId: chatOf(world, step),
  userId: world.devices[step.other]!.person.userId,
  nth: step.nth,
});

const open = async (world: World, step: Step, group: boolean) => {
  const { person, userId, nth } = scene(world, step);
  const { status, body } = await person.call(chatRest.createChat, {
    isGroup: group,
    memberIds: [userId],
    ...(group && { name: `Group ${nth}` }),
  });
  if (status < 300 && !world.chats.includes(body.id)) world.chats.push(body.id);
};

const linkOf = ({ links }: World, { nth }: Step) =>
  links.at(-1 - (nth % Math.max(1, links.length)));

export const chatVerbs = {
  openDirect: (world: World, step: Step) => open(world, step, false),
  createGroup: (world: World, step: Step) => open(world, step, true),
  add: (world: World, step: Step) => {
    const { person, chatId, userId, nth } = scene(world, step);
    const role = nth % 4 === 0 ? 'admin' : 'member';
    return person.call(chatRest.addMembers, { chatId, userIds: [userId], role });
  },
  remove: (world: World, step: Step) => {
    const { person, chatId, userId } = scene(world, step);
    return person.call(chatRest.removeMember, { chatId, userId });
  },
  leave: (world: World, step: Step) => {
    const { person, chatId } = scene(world, step);
    return person.call(chatRest.removeMember, { chatId, userId: person.userId });
  },
  changeRole: (world: World, step: Step) => {
    const { person, chatId, userId, nth } = scene(world, step);
    const role = (['admin', 'member', 'owner'] as const)[nth % 3]!;
    return person.call(chatRest.changeRole, { chatId, userId, role });
  },
  createLink: async (world: World, step: Step) => {
    const { person, chatId, nth } = scene(world, step);
    const maxUses = 1 + (nth % 3);
    const { status, body } = await person.call(chatRest.createInviteLink, { chatId, maxUses });
    if (status < 300) world.links.push({ chatId, token: body.token });
  },
  revokeLink: async (world: World, step: Step) => {
    const link = linkOf(world, step);
    if (link) await scene(world, step).person.call(chatRest.revokeInviteLink, link);
  },
  join: async (world: World, step: Step) => {
    const link = linkOf(world, step);
    if (link) await scene(world, step).person.call(chatRest.joinByInvite, { token: link.token });
  },
  rename: (world: World, step: Step) => {
    const { person, chatId, nth } = scene(world, step);
    return person.call(chatRest.updateChat, {
      chatId,
      name: `Name ${nth}`,
      settings: { whoCanSend: nth % 4 === 0 ? 'admins' : 'all' },
    });
  },
  /** Changes shared and own settings in one request. */
  describe: (world: World, step: Step) => {
    const { person, chatId, nth } = scene(world, step);
    return person.call(chatRest.updateChat, {
      chatId,
      description: nth % 4 === 0 ? null : `Description ${nth}`,
      settings: { whoCanEditInfo: nth % 2 === 0 ? 'all' : 'admins' },
      my: { pinned: nth % 3 === 0 },
    });
  },
  setPicture: async (world: World, step: Step) => {
    const { person, chatId, nth } = scene(world, step);
    const { id } = await aMedia(world.admin, { id: person.userId });
    const avatarMediaId = nth % 3 === 0 ? null : id;
    return person.call(chatRest.updateChat, { chatId, avatarMediaId });
  },
  setTimer: (world: World, step: Step) => {
    const { person, chatId, nth } = scene(world, step);
    const disappearingSeconds = nth % 4 === 0 ? null : 3_600;
    return person.call(chatRest.updateChat, { chatId, settings: { disappearingSeconds } });
  },
  changeView: (world: World, step: Step) => {
    const { person, chatId, nth } = scene(world, step);
    const my = [
      { mutedUntil: 'forever' as const },
      { mutedUntil: null },
      { pinned: nth % 2 === 0 },
      { archived: nth % 2 === 0 },
      { markedUnread: true },
    ][nth % 5]!;
    return person.call(chatRest.updateChat, { chatId, my });
  },
  clear: (world: World, step: Step) => {
    const { person, chatId } = scene(world, step);
    return person.call(chatRest.deleteChat, { chatId });
  },
  /** Spares the group of all members, in which most steps happen. */
  dissolve: (world: World, step: Step) =>
    scene(world, step).person.call(chatRest.deleteChat, {
      chatId: world.chats[Math.max(2, step.nth % world.chats.length)]!,
      scope: 'all',
    }),
  /** Blocks the peer of a direct chat, or else any user, and unblocks whom it blocked before. */
  block: (world: World, step: Step) => {
    const { person, chatId, userId } = scene(world, step);
    const { blocked, chats } = deviceOf(world, step).database;
    const blockedId = chats.get(chatId)?.chat.peer?.id ?? userId;
    return blocked.has(blockedId)
      ? unblockUser(world, person.userId, blockedId)
      : blockUser(world, person.userId, blockedId);
  },
};
