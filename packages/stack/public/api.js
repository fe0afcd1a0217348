import { io } from './socket.io-client.js';

let accessToken;
/** Each tab is a device, whose id lasts as long as the tab. */
const deviceId = (sessionStorage.deviceId ??= crypto.randomUUID());

const call = async (method, path, body) => {
  const answer = await fetch(path, {
    method,
    headers: {
      ...(body && { 'Content-Type': 'application/json' }),
      ...(accessToken && { Authorization: `Bearer ${accessToken}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.detail ?? json.title);
  return json;
};

const device = { deviceId, platform: 'web' };

export const sendOtp = (phoneNumber) => call('POST', '/auth/send-otp', { phoneNumber, device });

export const signIn = async ({ verificationId, phoneNumber, code, name }) => {
  const profile = { name };
  const proof = { verificationId, phoneNumber, code, profile, device };
  const { user, tokens } = await call('POST', '/auth/verify-otp', proof);
  accessToken = tokens.accessToken;
  const refresh = async () => {
    const { refreshToken } = tokens;
    const fresh = await call('POST', '/auth/refresh', { refreshToken, deviceId });
    Object.assign(tokens, fresh.tokens);
    accessToken = tokens.accessToken;
  };
  return { user, refresh };
};

export const listChats = async () => (await call('GET', '/chats')).items;
export const openDirectChat = (userId) =>
  call('POST', '/chats', { isGroup: false, memberIds: [userId] });
export const listMessages = async (chatId) =>
  (await call('GET', `/chats/${chatId}/messages`)).items;

export const connect = (refresh) => {
  const socket = io({
    transports: ['websocket'],
    // Sent in order and repeated until acknowledged; `clientMessageId` makes repeats harmless.
    retries: 30,
    ackTimeout: 2_000,
    auth: (give) => give({ token: accessToken, deviceId, protocol: 1 }),
  });
  const ask = async (event, input) => {
    const ack = await socket.emitWithAck(event, input);
    if (!ack.ok) throw new Error(ack.error.detail ?? ack.error.title);
    return ack.data;
  };
  socket.on('auth_expiring', async () => {
    await refresh();
    await ask('authenticate', { token: accessToken, deviceId, protocol: 1 });
  });
  return { on: (event, listen) => socket.on(event, listen), ask };
};
