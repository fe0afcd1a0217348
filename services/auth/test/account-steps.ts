import { authRest } from '@taar/contracts';
import { aPhoneNumber } from '@taar/testing/factories';
import { forgetAtFirebase } from './firebase.ts';
import { type SignedIn, aDevice, type startAuth } from './start.ts';

type Auth = Pick<
  Awaited<ReturnType<typeof startAuth>>,
  'call' | 'admin' | 'sendOtp' | 'signIn' | 'holding'
>;

export const rightPin = '135790';

/** Steps of tests about the account that a number has. */
export const createAccountSteps = ({ call, admin, sendOtp, signIn, holding }: Auth) => {
  /** Proves a number on a new device; `again` repeats the request with another PIN. */
  const verify = async (phoneNumber: string, pin?: string | null) => {
    const device = aDevice();
    const sent = await sendOtp(phoneNumber, device);
    const again = (next?: string | null) =>
      call(authRest.verifyOtp, { ...sent, device, ...(next !== undefined && { pin: next }) });
    return { answer: await again(pin), again };
  };
  const signUpWithPin = async () => {
    const phoneNumber = aPhoneNumber();
    const me = await signIn(phoneNumber);
    await holding(me)(authRest.updatePin, { pin: rightPin });
    return { me, phoneNumber };
  };
  /** From now on Firebase returns another uid for the number. */
  const changeUid = async ({ user }: SignedIn) => {
    const { firebaseUid } = await admin.user.findUniqueOrThrow({ where: { id: user.id } });
    await forgetAtFirebase(firebaseUid);
  };
  const goIdle = async ({ user, session }: SignedIn) => {
    const longAgo = new Date(Date.now() - 366 * 86_400_000);
    await admin.user.update({ where: { id: user.id }, data: { createdAt: longAgo } });
    await admin.session.update({ where: { id: session.id }, data: { lastUsedAt: longAgo } });
  };
  return { verify, signUpWithPin, changeUid, goIdle };
};
