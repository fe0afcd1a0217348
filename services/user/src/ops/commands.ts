import { parseArgs } from 'node:util';
import type { UserDb } from '@taar/db';
import { OperatorError } from './operator-error.ts';
import { closeReport, listReports, showReport } from './reports.ts';
import { suspend, unsuspend } from './suspend.ts';
import { trace } from './trace.ts';

export type OpsDeps = {
  db: UserDb;
  /** Who it is, for the audit log. */
  operator: string;
  announceEnd: (sessionIds: string[]) => Promise<void>;
};

export const usage = `npm run ops -- COMMAND

  reports [open|acted|dismissed]              what waits, the oldest first
  report ID                                   one report with its evidence
  close ID acted|dismissed                    says what became of it
  suspend USER [--reason TEXT]                signs an account out and keeps it out
  unsuspend USER [--reason TEXT]              lets it in again
  trace MESSAGE                               how far a message came, to whom, and why not

USER is the id or the number (+…) of an account.`;

const stateOf = (text: string | undefined) => {
  if (text === 'open' || text === 'acted' || text === 'dismissed') return text;
  throw new OperatorError(`The state is open, acted or dismissed, not ${text}.`);
};

const given = (value: string | undefined, what: string) => {
  if (value === undefined) throw new OperatorError(`Say which ${what}.\n\n${usage}`);
  return value;
};

/** Does what an operator asks for, and answers what is to be shown. */
export const runCommand = (deps: OpsDeps, args: string[]): Promise<unknown> => {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { reason: { type: 'string' } },
  });
  const [command, first, second] = positionals;
  switch (command) {
    case 'reports':
      return listReports(deps, first === undefined ? 'open' : stateOf(first));
    case 'report':
      return showReport(deps, given(first, 'report'));
    case 'close':
      return closeReport(deps, given(first, 'report'), stateOf(second));
    case 'suspend':
      return suspend(deps, given(first, 'account'), values.reason);
    case 'unsuspend':
      return unsuspend(deps, given(first, 'account'), values.reason);
    case 'trace':
      return trace(deps, given(first, 'message'));
    default:
      throw new OperatorError(usage);
  }
};
