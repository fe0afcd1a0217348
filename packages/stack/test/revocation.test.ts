import { expect, test } from '@jest/globals';
import { authRest, chatRest } from '@taar/contracts';
import { atEnd } from '@taar/testing/at-end';
import { createCall } from '@taar/testing/call';
import { connectPhone } from '@taar/testing/phone';
import { startTestFcm } from '@taar/testing/fcm';
import { startAuthAndChat } from './auth-and-chat.ts';
import { signUp } from './sign-up.ts';

const { authUrl, startChat, terminal } = await startAuthAndChat();

test.each([
  ['by a hint from Redis', {}],
  // Another prefix loses every hint: chat finds the revocation by its check every five seconds.
  ['without a hint from Redis', { REDIS_PREFIX: 'elsewhere' }],
])('a reused refresh token closes the live socket, %s', async (_how, overrides) => {
  const chatUrl = await startChat(overrides);
  const { tokens, deviceId } = await signUp(authUrl, terminal, 'Asha');
  const refresh = ({ refreshToken }: { refreshToken: string }) =>
    createCall(authUrl)(authRest.refresh, { refreshToken, deviceId });
  const next = (await refresh(tokens)).body.tokens;
  // Connecting is the first use of the new access token; it invalidates the refresh token before.
  const auth = { token: next.accessToken, deviceId, protocol: 1 };
  const phone = await connectPhone(chatUrl, auth);
  atEnd(phone.close);
  await phone.next('authenticated');

  const reused = await refresh(tokens);

  expect(reused).toMatchObject({ status: 401, body: { code: 'refresh_token_reused' } });
  expect(await phone.next('closing')).toEqual({ reason: 'session_revoked', reconnect: false });
  await phone.closed;
  expect((await refresh(next)).body).toMatchObject({ code: 'session_revoked' });
});

test('a socket outlives its first access token when the client sends the next one', async () => {
  const chatUrl = await startChat({});
  const { tokens, deviceId } = await signUp(authUrl, terminal, 'Biren');
  const proof = (token: string) => ({ token, deviceId, protocol: 1 });
  const phone = await connectPhone(chatUrl, proof(tokens.accessToken));
  atEnd(phone.close);
  await phone.next('authenticated');
  const { body } = await createCall(authUrl)(authRest.refresh, {
    refreshToken: tokens.refreshToken,
    deviceId,
  });
  const { accessToken } = body.tokens;

  expect(await phone.ask('authenticate', proof(accessToken))).toMatchObject({ ok: true });
  const chats = createCall(chatUrl, async () => accessToken)(chatRest.listChats, {});
  expect((await chats).status).toBe(200);
});

test('the reuse of a refresh token is notified by push to all devices of the user', async () => {
  const fcm = await startTestFcm();
  await startChat({
    FCM_LOCAL_URL: fcm.url,
    FIREBASE_PROJECT: 'demo-taar',
    PUSH_POLL_MS: '50',
  });
  const phone = await signUp(authUrl, terminal, 'Chitra');
  const phoneToken = fcm.token();
  await phone.call(authRest.updatePushToken, { token: phoneToken, provider: 'fcm' });
  const tablet = await signUp(authUrl, terminal, 'Chitra', phone.phoneNumber);
  const tabletToken = fcm.token();
  await tablet.call(authRest.updatePushToken, { token: tabletToken, provider: 'fcm' });
  const { deviceId } = phone;
  const refresh = (refreshToken: string) =>
    createCall(authUrl)(authRest.refresh, { refreshToken, deviceId });

  const added = await fcm.next(phoneToken);
  const { body } = await refresh(phone.tokens.refreshToken);
  await refresh(body.tokens.refreshToken);
  const reused = await refresh(phone.tokens.refreshToken);
  expect(reused.body).toMatchObject({ code: 'refresh_token_reused' });
  const notified = await Promise.all([fcm.next(phoneToken), fcm.next(tabletToken)]);

  expect(added.data).toMatchObject({ type: 'session_added' });
  for (const { data } of notified)
    expect(data).toMatchObject({ type: 'session_revoked', reason: 'refresh_token_reused' });
  expect(JSON.stringify([added, notified])).not.toContain(phone.phoneNumber.slice(3));
});
