import { startPart } from '../src/process.ts';

const { url } = await startPart('redis', {});
process.send!({ url });
