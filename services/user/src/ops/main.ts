import { join } from 'node:path';
import { ConfigError } from '@taar/kit/config';
import { OperatorError } from './operator-error.ts';
import { runOps } from './run-ops.ts';

const stackFile = join(process.env['INIT_CWD'] ?? process.cwd(), '.taar/stack.json');

try {
  const shown = await runOps(process.env, stackFile, process.argv.slice(2));
  process.stdout.write(`${JSON.stringify(shown, undefined, 2)}\n`);
} catch (error) {
  if (!(error instanceof OperatorError || error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
