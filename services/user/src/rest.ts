import { userRest } from '@taar/contracts';
import { restRouter } from '@taar/kit/rest';
import { addContacts } from './contacts/add-contacts.ts';
import { deleteContact } from './contacts/delete-contact.ts';
import { listContacts } from './contacts/list-contacts.ts';
import { updateContact } from './contacts/update-contact.ts';
import type { Deps } from './deps.ts';
import { ackPush } from './diagnostics/ack-push.ts';
import { getProbe } from './diagnostics/get-probe.ts';
import { probePush } from './diagnostics/probe-push.ts';
import { createExport } from './export/create-export.ts';
import { getExport } from './export/get-export.ts';
import { deleteMe } from './deletion/delete-me.ts';
import { blockUser } from './people/block-user.ts';
import { getUser } from './people/get-user.ts';
import { listBlocks } from './people/list-blocks.ts';
import { searchUsers } from './people/search-users.ts';
import { unblockUser } from './people/unblock-user.ts';
import { getMe } from './profile/get-me.ts';
import { updateMe } from './profile/update-me.ts';
import { createReport } from './reports/create-report.ts';

export const rest = (deps: Deps) =>
  restRouter(deps, userRest, {
    probePush,
    getProbe,
    ackPush,
    getMe,
    updateMe,
    deleteMe,
    createExport,
    getExport,
    listContacts,
    addContacts,
    updateContact,
    deleteContact,
    searchUsers,
    listBlocks,
    blockUser,
    unblockUser,
    createReport,
    getUser,
  });
