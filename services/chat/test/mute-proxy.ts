import { createServer, connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { atEnd } from '@taar/testing/at-end';

/** A proxy before a node. Once muted, it drops everything that the node sends. */
export const startMuteProxy = async (target: string) => {
  let muted = false;
  const server = createServer((phone) => {
    const node = connect(Number(new URL(target).port), '127.0.0.1');
    phone.pipe(node);
    node.on('data', (bytes) => {
      if (!muted) phone.write(bytes);
    });
    phone.on('error', () => node.destroy()).on('close', () => node.destroy());
    node.on('error', () => phone.destroy()).on('close', () => phone.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mute: () => {
      muted = true;
    },
  };
};
