/** The containers beside the services: `main.ts settings | gateway | s3 | firebase-auth`. */
import { startFirebaseAuth } from '@taar/embedded/firebase-auth';
import { startS3 } from '@taar/embedded/s3/start-s3';
import { restoreFirebaseUsers } from '../restore-firebase-users.ts';
import { startGateway } from '../start-gateway.ts';
import { printOtps } from '../print-otps.ts';
import { writeSettings } from './settings.ts';
import { watchTargets } from './targets.ts';

const host = '0.0.0.0';

const env = (name: string) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is missing.`);
  return value;
};

const firebaseAuth = async () => {
  const project = env('FIREBASE_PROJECT');
  const emulator = await startFirebaseAuth({ project, host, port: 9099 });
  const part = { url: 'http://127.0.0.1:9099', project, stop: emulator.close };
  await restoreFirebaseUsers(part, env('DATABASE_URL'));
  printOtps(part, console.log);
};

const s3 = () =>
  startS3({
    dir: '/data',
    host,
    port: 9000,
    accessKeyId: env('S3_ACCESS_KEY_ID'),
    secretAccessKey: env('S3_SECRET_ACCESS_KEY'),
  });

const commands: Record<string, () => Promise<unknown>> = {
  settings: () => writeSettings('/run/taar'),
  gateway: () => startGateway(8080, watchTargets(), host),
  s3,
  'firebase-auth': firebaseAuth,
};

const [command = ''] = process.argv.slice(2);
process.once('SIGTERM', () => process.exit());
await commands[command]!();
