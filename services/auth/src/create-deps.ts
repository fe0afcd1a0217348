import { createServiceDeps } from '@taar/runtime/service-deps';
import type { Config } from './config.ts';
import type { Deps } from './deps.ts';
import { createFirebaseAdmin } from './firebase/admin.ts';
import { createBreaker } from './firebase/breaker.ts';
import { createIdentityToolkit } from './firebase/identity-toolkit.ts';
import { createSecrets } from './secrets.ts';
import { createIssueTokens } from './sessions/issue-tokens.ts';

export const createDeps = (config: Config): Deps => {
  const keys = new Map(config.TOKEN_KEYS.map(({ kid, publicKey }) => [kid, publicKey]));
  const findKey = async (kid: string) => keys.get(kid);
  const service = createServiceDeps('auth', { ...config, findKey });
  // One breaker each: a service account without rights must not keep codes from being sent.
  const newBreaker = () =>
    createBreaker(config.FIREBASE_DEADLINE_MS, config.FIREBASE_PROBE_MS, service.logger);
  const secrets = createSecrets(config.AUTH_SECRET);
  const firebaseAdmin = createFirebaseAdmin(config, newBreaker());

  return {
    ...service,
    config,
    secrets,
    issueTokens: createIssueTokens(config, secrets),
    identityToolkit: createIdentityToolkit(config, newBreaker()),
    firebaseAdmin,
    stop: async () => {
      await Promise.all([service.stop(), firebaseAdmin.close()]);
    },
  };
};
