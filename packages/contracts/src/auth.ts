import { operation } from './operation.ts';
import { list, object, text } from './schema.ts';

const jsonWebKey = object({
  kty: text(8),
  crv: text(16),
  x: text(100),
  y: text(100),
  kid: text(100),
  use: text(8),
  alg: text(8),
});

export const authRest = {
  listKeys: operation({
    method: 'get',
    path: '/auth/.well-known/jwks.json',
    summary: 'Public keys that verify access tokens',
    auth: 'none',
    input: object({}),
    output: object({ keys: list(jsonWebKey) }),
    cacheControl: 'public, max-age=300',
  }),
};
