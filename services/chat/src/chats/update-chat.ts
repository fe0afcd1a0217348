import { type Chat, type Input, type chatRest, nameSizes } from '@taar/contracts';
import { cleanName } from '@taar/domain/profile-text';
import type { Actor } from '@taar/kit/auth';
import { invalidField } from '@taar/kit/edge';
import type { Deps } from '../deps.ts';
import { type Member, assertMember, assertRole, lockMember } from '../core/access.ts';
import { isBlocked } from '../core/block.ts';
import { type ChatChange, changeChat } from '../core/change-chat.ts';
import { setMyView } from './my-view.ts';
import { setPicture } from './picture.ts';
import { readChat } from '../core/read-chats.ts';
import { toChatInfo } from '../core/to-chat.ts';

type Change = Omit<Input<typeof chatRest.updateChat>, 'chatId' | 'my'>;

/** Changes the group for all members and the caller's private view, both or neither. */
export const updateChat = async (
  deps: Pick<Deps, 'db' | 'publishCommits' | 'publish'>,
  { userId }: Actor,
  { chatId, my, ...wanted }: Input<typeof chatRest.updateChat>,
): Promise<Chat> => {
  const isShared = Object.keys(wanted).length > 0;
  const userVer = isShared
    ? await changeChat(deps, chatId, async (change) => {
        assertMayChange(await assertMember(change.tx, chatId, userId), wanted);
        await changeForAll(change, userId, wanted);
        return my && setMyView(change.tx, chatId, userId, my);
      })
    : await deps.db.$transaction(async (tx) => {
        await lockMember(tx, chatId, userId);
        return my && setMyView(tx, chatId, userId, my);
      });
  if (userVer !== undefined)
    deps.publish('my_state_updated', { users: [userId] }, { userVer, chatId });
  return readChat(deps.db, userId, chatId);
};

const assertMayChange = (member: Member, { settings, ...info }: Change) => {
  if (!member.isGroup) {
    const [field] = [...Object.keys(info), ...Object.keys(settings ?? {})].filter(
      (key) => key !== 'disappearingSeconds',
    );
    if (field) throw invalidField(field, 'chat.direct');
    return;
  }
  if (Object.keys(info).length > 0) assertRole(member, member.settings.whoCanEditInfo);
  if (settings) assertRole(member, 'admins');
};

/** Sets the changed fields. Returns the events of the system messages to post. */
const setFields = async ({ tx, chat }: ChatChange, userId: string, change: Change) => {
  const { name, description, avatarMediaId, settings = {} } = change;
  const before = toChatInfo(chat);
  if (name !== undefined) chat.name = cleanName(name, nameSizes.group);
  if (description !== undefined) chat.description = description || null;
  if (avatarMediaId !== undefined)
    chat.avatarUrl = await setPicture(tx, chat.id, userId, avatarMediaId);
  chat.settings = { ...chat.settings, ...settings };
  const after = toChatInfo(chat);
  const { disappearingSeconds, ...rules } = after.settings;
  const { disappearingSeconds: oldSeconds, ...oldRules } = before.settings;
  return [
    ...(before.name === after.name ? [] : (['name_changed'] as const)),
    ...(before.description === after.description ? [] : (['description_changed'] as const)),
    ...(before.avatarUrl === after.avatarUrl ? [] : (['avatar_changed'] as const)),
    ...(JSON.stringify(rules) === JSON.stringify(oldRules) ? [] : (['settings_changed'] as const)),
    ...(disappearingSeconds === oldSeconds ? [] : (['disappearing_changed'] as const)),
  ];
};

const changeForAll = async (change: ChatChange, userId: string, wanted: Change) => {
  if (await isBlocked(change.tx, userId, change.chat)) return;
  const events = await setFields(change, userId, wanted);
  if (events.length === 0) return;
  change.emit(change.nextChangeSeq(), 'chat_updated', { chat: toChatInfo(change.chat) });
  for (const event of events) await change.postSystemMessage(event, userId);
};
