import type { CreatedChat, Input, chatRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { invalidField } from '@taar/kit/edge';
import type { Deps } from '../deps.ts';
import { createGroup } from './create-group.ts';
import { openDirectChat } from './open-direct-chat.ts';

type Created = { outcome: 'created' | 'existing' | 'replayed'; body: CreatedChat };

const groupFields = ['name', 'description', 'avatarMediaId', 'settings'] as const;

export const createChat = async (
  deps: Pick<Deps, 'db' | 'publishCommits' | 'publish' | 'spendLimit'>,
  actor: Actor,
  body: Input<typeof chatRest.createChat>,
): Promise<Created> => {
  if (body.isGroup) {
    if (body.name === undefined) throw invalidField('name', 'any.required');
    return createGroup(deps, actor, { ...body, name: body.name });
  }
  for (const field of groupFields)
    if (body[field] !== undefined) throw invalidField(field, 'object.unknown');
  const [peerId, ...others] = body.memberIds;
  if (peerId === undefined || others.length > 0) throw invalidField('memberIds', 'array.max');
  return openDirectChat(deps, actor, peerId);
};
