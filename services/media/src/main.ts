import { setFlagsFromString } from 'node:v8';
import { run } from '@taar/kit/lifecycle';
import { createApp } from './app.ts';
import { config } from './config.ts';

// V8's optimised code for Prisma's WebAssembly takes 50 MB, too much for the few queries made here.
setFlagsFromString('--liftoff-only');
await run(() => config(process.env), createApp);
