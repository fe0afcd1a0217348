import type { Device } from '@taar/contracts';
import type { Deps } from '../deps.ts';
import { checkCode } from './check-code.ts';
import { checkIdToken } from './check-id-token.ts';
import type { Proof } from './proof.ts';

type Needs = Pick<
  Deps,
  'db' | 'config' | 'secrets' | 'logger' | 'identityToolkit' | 'firebaseAdmin'
>;
export type GivenProof = {
  verificationId?: string;
  phoneNumber?: string;
  code?: string;
  firebaseIdToken?: string;
  device: Device;
};

/** Accepts the code sent by `send-otp`, or the ID token of an app that used Firebase directly. */
export const proveNumber = (deps: Needs, given: GivenProof): Promise<Proof> => {
  const { verificationId, phoneNumber, code, firebaseIdToken, device } = given;
  if (verificationId !== undefined && phoneNumber !== undefined && code !== undefined)
    return checkCode(deps, { verificationId, phoneNumber, code, deviceId: device.deviceId });
  return checkIdToken(deps, firebaseIdToken ?? '', device.deviceId);
};
