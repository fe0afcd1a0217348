import type { RequestHandler } from 'express';
import { AppError } from './errors.ts';

/** Rejects requests whose `X-Client-Version` is below the lowest supported version. */
export const rejectOldClients =
  (lowest: string): RequestHandler =>
  (req, _res, next) => {
    const version = /^\w+\/(\d+(?:\.\d+){0,2})$/.exec(req.get('x-client-version') ?? '')?.[1];
    if (version && isOlderVersion(version, lowest))
      throw new AppError('client_too_old', 'Update the app.');
    next();
  };

/** Whether version `1.4.2` is older than another. A missing part counts as 0. */
export const isOlderVersion = (version: string, lowest: string) => {
  const [given, least] = [version, lowest].map((text) => text.split('.').map(Number)) as [
    number[],
    number[],
  ];
  const at = least.findIndex((part, i) => part !== (given[i] ?? 0));
  return at !== -1 && (given[at] ?? 0) < least[at]!;
};
