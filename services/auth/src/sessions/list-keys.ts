import type { Deps } from '../deps.ts';

export const listKeys = async ({ config }: Pick<Deps, 'config'>) => ({
  keys: config.TOKEN_KEYS.map(({ published }) => published),
});
