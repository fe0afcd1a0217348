import { type NetConnectOpts, Socket } from 'node:net';

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
const patched = Symbol.for('taar.no-network');

/** The host among the arguments of `connect`, which Node may pass on as a list within the list. */
const hostOf = (args: unknown[]): string => {
  const [first, second] = Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
  if (first !== null && typeof first === 'object')
    return (first as NetConnectOpts & { host?: string }).host ?? 'localhost';
  return typeof second === 'string' ? second : 'localhost';
};

// All test files of a worker share Node's modules, so the patch is made once.
const prototype = Socket.prototype as Socket & { [patched]?: true };
if (!prototype[patched]) {
  const { connect } = prototype;
  prototype.connect = function (this: Socket, ...args: unknown[]) {
    const host = hostOf(args);
    if (!loopback.test(host)) {
      this.destroy();
      throw new Error(`Tests have no network: a connection to ${host} was opened.`);
    }
    return Reflect.apply(connect, this, args) as Socket;
  };
  prototype[patched] = true;
}
