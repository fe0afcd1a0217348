import { startPart } from '../src/start-part.ts';

const { url } = await startPart('redis', {});
process.send!({ url });
