import { me } from './models/user.ts';
import { operation } from './operation.ts';
import { object } from './schema.ts';

export const userRest = {
  getMe: operation({
    method: 'get',
    path: '/users/me',
    summary: 'My own account',
    auth: 'user',
    limit: 'read',
    input: object({}),
    output: me,
  }),
};
