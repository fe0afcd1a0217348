import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { authRest } from '@taar/contracts';
import { atEnd } from '@taar/testing/at-end';
import { createCall } from '@taar/testing/call';
import { aPhoneNumber } from '@taar/testing/factories';
import { connectPhone } from '@taar/testing/phone';

/** Collects the lines that the stack prints, among them the codes of sign-ups. */
export const createTerminal = () => {
  const lines: string[] = [];
  const printed = new EventEmitter();
  const print = (line: string) => {
    lines.push(line);
    printed.emit('line', line);
  };
  const text = () => lines.join('\n');
  const untilPrinted = async (expected: string, holds: () => boolean) => {
    const signal = AbortSignal.timeout(90_000);
    while (!holds())
      await once(printed, 'line', { signal }).catch(() => {
        throw new Error(`"${expected}" was not printed, but:\n${text()}`);
      });
  };
  const lineWith = async (part: string): Promise<string> => {
    const find = () => lines.findLast((each) => each.includes(part));
    await untilPrinted(part, () => find() !== undefined);
    return find()!;
  };
  const codesFor = (phoneNumber: string) =>
    lines.flatMap((line) =>
      line.includes(phoneNumber) ? (/: (\d{6})$/.exec(line)?.slice(1) ?? []) : [],
    );
  /** Waits until a number has received more than `after` codes; returns the last one. */
  const codeFor = async (phoneNumber: string, after = 0) => {
    await untilPrinted(phoneNumber, () => codesFor(phoneNumber).length > after);
    return codesFor(phoneNumber).at(-1)!;
  };
  return { print, lineWith, codesFor, codeFor, text };
};
export type Terminal = ReturnType<typeof createTerminal>;

/** Signs a new device up (or in again) by phone number, as an app does. */
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
