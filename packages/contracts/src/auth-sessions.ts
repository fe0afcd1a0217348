import { pushToken } from './models/sign-in.ts';
import { operation } from './operation.ts';
import { page } from './paging.ts';
import { boolean, named, nullable, object, oneOf, text, time, uuid } from './schema.ts';

export const sessionsRest = {
  listSessions: operation({
    method: 'get',
    path: '/auth/sessions',
    summary: 'List the sessions of the user, one for each device',
    auth: 'user',
    limit: 'read',
    input: object({}),
    output: page(
      named(
        'Session',
        object({
          id: uuid(),
          deviceId: uuid(),
          platform: text(16),
          model: nullable(text(100)),
          appVersion: nullable(text(32)),
          createdAt: time(),
          lastUsedAt: time(),
          current: boolean(),
        }),
      ),
    ),
  }),
  deleteSession: operation({
    method: 'delete',
    path: '/auth/sessions/:sessionId',
    summary: 'End a session of the user',
    auth: 'user',
    limit: 'write',
    input: object({ sessionId: uuid() }),
    output: null,
    errors: ['session_not_found'],
  }),
  updatePushToken: operation({
    method: 'put',
    path: '/auth/sessions/current/push-token',
    summary: 'Set the FCM registration token of this device; any other session loses the token',
    auth: 'user',
    limit: 'write',
    // The only provider. The field leaves room for another one.
    input: object({ token: pushToken(), provider: oneOf('fcm') }),
    output: null,
  }),
};
