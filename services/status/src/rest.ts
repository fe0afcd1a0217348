import { statusRest } from '@taar/contracts';
import { restRouter } from '@taar/kit/rest';
import { createStatus } from './create-status.ts';
import { deleteStatus } from './delete-status.ts';
import type { Deps } from './deps.ts';
import { listStatusViews } from './list-status-views.ts';
import { listStatus } from './list-status.ts';
import { muteStatuses } from './mute-statuses.ts';
import { unmuteStatuses } from './unmute-statuses.ts';
import { viewStatus } from './view-status.ts';

export const rest = (deps: Deps) =>
  restRouter(deps, statusRest, {
    listStatus,
    createStatus,
    muteStatuses,
    unmuteStatuses,
    deleteStatus,
    viewStatus,
    listStatusViews,
  });
