import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { authRest } from '@taar/contracts';
import { atEnd } from '@taar/testing/at-end';
import { createCall } from '@taar/testing/client';
import { aPhoneNumber } from '@taar/testing/factories';
import { connectPhone } from '@taar/testing/phone';

/** Where the stack's lines go: a test reads the codes there, as a person does. */
export const createTerminal = () => {
  const lines: string[] = [];
  const printed = new EventEmitter();
  const say = (line: string) => {
    lines.push(line);
    printed.emit('line', line);
  };
  const said = () => lines.join('\n');
  const lineWith = async (text: string): Promise<string> => {
    const signal = AbortSignal.timeout(90_000);
    for (;;) {
      const line = lines.findLast((each) => each.includes(text));
      if (line !== undefined) return line;
      await once(printed, 'line', { signal }).catch(() => {
        throw new Error(`Nobody said "${text}", but:\n${said()}`);
      });
    }
  };
  const codeFor = async (phoneNumber: string) =>
    /: (\d{6})$/.exec(await lineWith(phoneNumber))![1]!;
  return { say, lineWith, codeFor, said };
};
export type Terminal = ReturnType<typeof createTerminal>;

/** Signs a phone up (or in again) through the gateway, as an app would. */
export const signUp = async (
  url: string,
  { codeFor }: Terminal,
  name: string,
  phoneNumber = aPhoneNumber(),
) => {
  const device = { deviceId: randomUUID(), platform: 'android' } as const;
  const anyone = createCall(url);
  const sent = await anyone(authRest.sendOtp, { phoneNumber, device });
  if (sent.status !== 202) throw new Error(`No code was sent: ${JSON.stringify(sent.body)}`);
  const { verificationId } = sent.body;
  const code = await codeFor(phoneNumber);
  const signedIn = await anyone(authRest.verifyOtp, {
    verificationId,
    phoneNumber,
    code,
    profile: { name },
    device,
  });
  const { user, tokens, isNewUser } = signedIn.body;
  return {
    phoneNumber,
    isNewUser,
    userId: user.id,
    deviceId: device.deviceId,
    tokens,
    accessToken: tokens.accessToken,
    call: createCall(url, async () => tokens.accessToken),
    connect: async () => {
      const auth = { token: tokens.accessToken, deviceId: device.deviceId, protocol: 1 };
      const phone = await connectPhone(url, auth);
      atEnd(phone.close);
      await phone.next('authenticated');
      return phone;
    },
  };
};
