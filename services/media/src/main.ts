import { setFlagsFromString } from 'node:v8';
import { run } from '@taar/kit/lifecycle';
import { createApp } from './app.ts';
import { config } from './config.ts';

// Optimised, the database client's WebAssembly takes 50 MB that its few queries here do not earn.
setFlagsFromString('--liftoff-only');
await run(() => config(process.env), createApp);
