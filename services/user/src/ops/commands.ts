import { parseArgs } from 'node:util';
import type { UserDb } from '@taar/db';
import { OperatorError } from './operator-error.ts';
import { closeReport, listReports, showReport } from './reports.ts';
import { suspend, unsuspend } from './suspend.ts';
import { trace } from './trace.ts';

export type OpsDeps = {
  db: UserDb;
  /** The actor of entries in the audit log. */
  operator: string;
  announceEnd: (sessionIds: string[]) => Promise<void>;
};

export const usage = `npm run ops -- COMMAND

  reports [open|acted|dismissed]              lists reports, the oldest first (default: open)
  report ID                                   shows a report with its evidence
  close ID acted|dismissed                    closes an open report
  suspend USER [--reason TEXT]                ends all sessions of an account and refuses sign-in
  unsuspend USER [--reason TEXT]              lifts the suspension of an account
  trace MESSAGE                               shows deliveries and pushes of a message

USER is the id or the phone number (+…) of an account.`;

/** Runs an operator's command and returns the result to print. */
export const runCommand = (deps: OpsDeps, args: string[]): Promise<unknown> => {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: { reason: { type: 'string' } },
  });
  const [command, first, second] = positionals;
  switch (command) {
    case 'reports':
      return listReports(deps, readState(first ?? 'open', ['open', 'acted', 'dismissed']));
    case 'report':
      return showReport(deps, required(first, 'report'));
    case 'close':
      return closeReport(
        deps,
        required(first, 'report'),
        readState(second, ['acted', 'dismissed']),
      );
    case 'suspend':
      return suspend(deps, required(first, 'account'), values.reason);
    case 'unsuspend':
      return unsuspend(deps, required(first, 'account'), values.reason);
    case 'trace':
      return trace(deps, required(first, 'message'));
    default:
      throw new OperatorError(usage);
  }
};

const readState = <State extends string>(text: string | undefined, states: State[]): State => {
  const state = states.find((known) => known === text);
  if (state) return state;
  throw new OperatorError(`The state must be one of ${states.join(', ')}.\n\n${usage}`);
};

const required = (value: string | undefined, name: string) => {
  if (value === undefined) throw new OperatorError(`The ${name} is missing.\n\n${usage}`);
  return value;
};
