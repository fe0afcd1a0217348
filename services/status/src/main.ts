import { run } from '@taar/kit/lifecycle';
import { createApp } from './app.ts';
import { config } from './config.ts';

await run(() => config(process.env), createApp);
