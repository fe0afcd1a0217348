import { authRest } from '@taar/contracts';
import { restRouter } from '@taar/kit/rest';
import type { Deps } from './deps.ts';
import { sendOtp } from './otp/send-otp.ts';
import { deleteSession } from './sessions/delete-session.ts';
import { listKeys } from './sessions/list-keys.ts';
import { listSessions } from './sessions/list-sessions.ts';
import { logout } from './sessions/logout.ts';
import { refresh } from './sessions/refresh.ts';
import { updatePushToken } from './sessions/update-push-token.ts';
import { login } from './sign-in/login.ts';
import { updatePin } from './sign-in/update-pin.ts';
import { verifyOtp } from './sign-in/verify-otp.ts';
import { updateProfile } from './update-profile.ts';

export const rest = (deps: Deps) =>
  restRouter(deps, authRest, {
    sendOtp,
    verifyOtp,
    login,
    refresh,
    logout,
    updateProfile,
    listSessions,
    deleteSession,
    updatePushToken,
    updatePin,
    listKeys,
  });
