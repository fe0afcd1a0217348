import type { ServiceDeps } from '@taar/runtime/service-deps';
import type { Config } from './config.ts';
import type { FirebaseAdmin } from './firebase/admin.ts';
import type { IdentityToolkit } from './firebase/identity-toolkit.ts';
import type { AuthSecrets } from './secrets.ts';
import type { IssueTokens } from './sessions/issue-tokens.ts';

export type Deps = ServiceDeps<'auth'> & {
  config: Config;
  secrets: AuthSecrets;
  issueTokens: IssueTokens;
  identityToolkit: IdentityToolkit;
  firebaseAdmin: FirebaseAdmin;
};
