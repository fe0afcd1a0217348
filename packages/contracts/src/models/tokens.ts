import { type Infer, named, object, oneOf, text, time } from '../schema.ts';

export const tokens = named(
  'Tokens',
  object({
    tokenType: oneOf('Bearer'),
    accessToken: text(4_096),
    accessTokenExpiresAt: time(),
    refreshToken: text(512),
    refreshTokenExpiresAt: time(),
  }),
);
export type Tokens = Infer<typeof tokens>;
