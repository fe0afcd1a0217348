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
  const untilSaid = async (text: string, holds: () => boolean) => {
    const signal = AbortSignal.timeout(90_000);
    while (!holds())
      await once(printed, 'line', { signal }).catch(() => {
        throw new Error(`Nobody said "${text}", but:\n${said()}`);
      });
  };
  const lineWith = async (text: string): Promise<string> => {
    const find = () => lines.findLast((each) => each.includes(text));
    await untilSaid(text, () => find() !== undefined);
    return find()!;
  };
  const codesFor = (phoneNumber: string) =>
    lines.flatMap((line) =>
      line.includes(phoneNumber) ? (/: (\d{6})$/.exec(line)?.slice(1) ?? []) : [],
    );
  /** The code that a number got after this many others. */
  const codeFor = async (phoneNumber: string, after = 0) => {
    await untilSaid(phoneNumber, () => codesFor(phoneNumber).length > after);
    return codesFor(phoneNumber).at(-1)!;
  };
  return { say, lineWith, codesFor, codeFor, said };
};
export type Terminal = ReturnType<typeof createTerminal>;

/** Signs a phone up (or in again) through the gateway, as an app would. */
export const signUp = async (
  url: string,
  { codesFor, codeFor }: Terminal,
  name: string,
  phoneNumber = aPhoneNumber(),
) => {
  const device = { deviceId: randomUUID(), platform: 'android' } as const;
  const anyone = createCall(url);
  const before = codesFor(phoneNumber).length;
  const sent = await anyone(authRest.sendOtp, { phoneNumber, device });
  if (sent.status !== 202) throw new Error(`No code was sent: ${JSON.stringify(sent.body)}`);
  const { verificationId } = sent.body;
  const code = await codeFor(phoneNumber, before);
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
