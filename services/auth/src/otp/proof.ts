import type { Device } from '@taar/contracts';
import type { Deps } from '../deps.ts';
import { checkCode } from './check-code.ts';
import { checkIdToken } from './check-id-token.ts';

/** A number that its owner has proven; `requestId` is spent when a session comes of it. */
export type Proof = { requestId: string; phoneNumber: string; uid: string };

type Needs = Pick<Deps, 'db' | 'config' | 'secrets' | 'logger' | 'identityToolkit' | 'admin'>;
type Given = {
  verificationId?: string;
  phoneNumber?: string;
  code?: string;
  firebaseIdToken?: string;
  device: Device;
};

/** By the code that we had sent, or by the ID token of an app that asked Firebase itself. */
export const proveNumber = (deps: Needs, given: Given): Promise<Proof> => {
  const { verificationId, phoneNumber, code, firebaseIdToken, device } = given;
  if (verificationId !== undefined && phoneNumber !== undefined && code !== undefined)
    return checkCode(deps, { verificationId, phoneNumber, code, deviceId: device.deviceId });
  return checkIdToken(deps, firebaseIdToken ?? '', device.deviceId);
};
