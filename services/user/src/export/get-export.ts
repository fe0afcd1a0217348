import type { Input, Output, userRest } from '@taar/contracts';
import type { Actor } from '@taar/kit/auth';
import { AppError } from '@taar/kit/errors';
import type { Deps } from '../deps.ts';
import { toExport } from './to-export.ts';

type GetExport = typeof userRest.getExport;

export const getExport = async (
  { db }: Pick<Deps, 'db'>,
  { userId }: Actor,
  { exportId }: Input<GetExport>,
): Promise<Output<GetExport>> => {
  const row = await db.dataExport.findFirst({ where: { id: exportId, userId } });
  if (!row) throw new AppError('export_not_found', 'No such export.');
  if (row.expiresAt && row.expiresAt < new Date())
    throw new AppError('gone', 'The export has expired. Request a new one.');
  return toExport(row);
};
