import { status } from './models/status.ts';
import { userSummary } from './models/user.ts';
import { operation } from './operation.ts';
import { boolean, list, nullable, object, optional, queryInteger, text, time } from './schema.ts';

const statusGroup = object({
  user: userSummary,
  statuses: list(status),
  allViewed: boolean(),
  muted: boolean(),
  latestAt: time(),
});

export const statusRest = {
  listStatus: operation({
    method: 'get',
    path: '/status',
    summary: 'Live statuses: mine and those of my contacts',
    auth: 'user',
    limit: 'read',
    input: object({ cursor: optional(text(1_024, 1)), limit: optional(queryInteger(1, 100)) }),
    output: object({
      mine: list(status),
      items: list(statusGroup),
      nextCursor: nullable(text(1_024)),
    }),
  }),
};
