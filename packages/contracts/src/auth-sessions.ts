import { pushToken } from './models/sign-in.ts';
import { operation } from './operation.ts';
import { boolean, named, nullable, object, oneOf, page, text, time, uuid } from './schema.ts';

export const sessionsRest = {
  listSessions: operation({
    method: 'get',
    path: '/auth/sessions',
    summary: 'My devices',
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
    summary: 'Sign one of my devices out',
    auth: 'user',
    limit: 'write',
    input: object({ sessionId: uuid() }),
    output: null,
    errors: ['session_not_found'],
  }),
  updatePushToken: operation({
    method: 'put',
    path: '/auth/sessions/current/push-token',
    summary: 'Say where pushes of this device go; the token is taken from any other session',
    auth: 'user',
    limit: 'write',
    input: object({ token: pushToken(), provider: oneOf('fcm') }),
    output: null,
  }),
};
