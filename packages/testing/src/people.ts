import { protocolVersion } from '@taar/contracts';
import type { PrismaClient } from '@taar/db';
import request, { type Test } from 'supertest';
import { atEnd } from './at-end.ts';
import { type Call, createCall } from './call.ts';
import { aSession } from './factories.ts';
import type { Keys } from './keys.ts';
import { type ConnectOptions, type Phone, connectPhone } from './phone.ts';

type Session = Awaited<ReturnType<typeof aSession>>;

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export type Person = {
  userId: string;
  call: Call;
  /** Sends a request that the contract may not allow; its answer is not checked. */
  send(method: Method, path: string): Promise<{ request: Test }>;
  /** An access token as the auth service signs it. */
  token(): Promise<string>;
  session(): Promise<Session>;
  connect(options?: ConnectOptions): Promise<Phone>;
};

/** Returns a user with a new session; each call of `as` signs in on another device. */
export type As = (user: { id: string }) => Person;

export const createAs =
  (url: string, admin: PrismaClient, { signToken }: Keys): As =>
  (user) => {
    let signedIn: Promise<Session> | undefined;
    const session = () => (signedIn ??= aSession(admin, user));
    const token = async () => signToken(await session());

    return {
      userId: user.id,
      call: createCall(url, token),
      send: async (method, path) => ({
        request: request(url)
          [method](path)
          .auth(await token(), { type: 'bearer' }),
      }),
      token,
      session,
      connect: async (options) => {
        const { deviceId } = await session();
        const auth = { token: await token(), deviceId, protocol: protocolVersion };
        const phone = await connectPhone(url, auth, options);
        atEnd(phone.close);
        await phone.next('authenticated');
        return phone;
      },
    };
  };
