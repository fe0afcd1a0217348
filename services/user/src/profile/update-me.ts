import type { Input, Output, SettingsChange, userRest } from '@taar/contracts';
import { enqueue } from '@taar/runtime/outbox/enqueue';
import { meOrThrow } from '@taar/domain/me';
import { publishProfile, changeProfile, changedFields } from '@taar/domain/profile';
import { bumpUserVersion } from '@taar/domain/user-version';
import type { Actor } from '@taar/kit/auth';
import { topics } from '@taar/runtime/topics';
import type { Deps } from '../deps.ts';
import { updateSettings } from './update-settings.ts';

type UpdateMe = typeof userRest.updateMe;

export const updateMe = async (
  { db, publish }: Pick<Deps, 'db' | 'publish'>,
  { userId }: Actor,
  { settings, ...profile }: Input<UpdateMe>,
): Promise<Output<UpdateMe>> => {
  const changed = changedFields(profile);
  const { me, userVer } = await db.$transaction(async (tx) => {
    if (changed.length > 0) await changeProfile(tx, userId, profile);
    if (settings) await updateSettings(tx, userId, settings);
    // Users who have the number in their address book can find the account from now on.
    if (settings?.discoverableByPhone)
      await enqueue(tx, { topic: topics.matchContacts, key: userId });
    if (settings && changesPresenceAudience(settings))
      await enqueue(tx, { topic: topics.showLastSeen, key: userId });
    const me = await meOrThrow(tx, userId);
    return { me, userVer: settings && (await bumpUserVersion(tx, userId)) };
  });
  // Announced like a new name, which every contact receives: each sees more or less from now on.
  if (settings && changesProfileAudience(settings)) changed.push('name');
  if (changed.length > 0) await publishProfile(db, publish, userId, changed);
  if (userVer !== undefined) publish('my_state_updated', { users: [userId] }, { userVer });
  return me;
};

/** Whether contacts see more or less of the profile than before. */
const changesProfileAudience = ({ avatar, about, exceptions }: SettingsChange) =>
  avatar !== undefined ||
  about !== undefined ||
  exceptions?.avatar !== undefined ||
  exceptions?.about !== undefined;

const changesPresenceAudience = ({ lastSeen, online, exceptions }: SettingsChange) =>
  lastSeen !== undefined || online !== undefined || exceptions?.lastSeen !== undefined;
