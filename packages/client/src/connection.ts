import type { ServerEventName, ServerPayload, WireError } from '@taar/contracts';
import { type ManagerOptions, type Socket, type SocketOptions, io } from 'socket.io-client';
import { canGunzip, createAsk } from './ask.ts';
import { protocolVersion } from './contract.ts';

const maxReconnectMs = 5_000;
/** After these codes a connection attempt with the same session or app version fails again. */
const finalCodes = new Set<string>(['session_revoked', 'account_suspended', 'client_too_old']);

export type Connect = (
  url: string,
  options: Partial<ManagerOptions & SocketOptions>,
) => Pick<
  Socket,
  'on' | 'onAny' | 'emitWithAck' | 'timeout' | 'connect' | 'disconnect' | 'active' | 'id'
>;

type Settings = {
  url: string;
  token: (renew: boolean) => Promise<string>;
  deviceId: string;
  ackMs: number;
  reconnectMs: number;
  compress?: boolean | undefined;
  connect?: Connect | undefined;
  onEvent: (name: ServerEventName, payload: unknown) => void;
  onReady: (hello: ServerPayload<'authenticated'>) => void;
  onLost: () => void;
  /** The second attempt to connect failed, or a later one. */
  onUnreachable: () => void;
  /** The server forbids reconnecting; `reason` is that of `closing`, or an error code. */
  onEnded?: ((reason: string) => void) | undefined;
};

/** One socket that reconnects by itself until it is stopped or the server forbids it. */
export const createConnection = (settings: Settings) => {
  const { token, deviceId, ackMs, reconnectMs, onEvent, onReady, onLost, onEnded } = settings;
  let failures = 0;
  let isReady = false;
  let isStopped = false;
  /** The server rejected the token as expired, whatever the clock of this device shows. */
  let isTokenExpired = false;
  let reconnectTimer: ReturnType<typeof setTimeout> | undefined;

  const socket = openSocket(settings, () => isTokenExpired);
  const { ask, allAnswered } = createAsk({ socket, isReady: () => isReady, ackMs });

  const reconnectAfter = (ms: number) => {
    clearTimeout(reconnectTimer);
    reconnectTimer = setTimeout(() => socket.connect(), ms);
  };
  const setLost = () => {
    if (isReady) onLost();
    isReady = false;
  };

  const renewToken = async () => {
    const fresh = await token(true);
    await ask('authenticate', { token: fresh, deviceId, protocol: protocolVersion });
  };

  /** Sends nothing more, and disconnects when all that was sent is answered. */
  const disconnect = async (reconnect: boolean, afterMs = 0) => {
    setLost();
    if (reconnect) await allAnswered();
    socket.disconnect();
    if (reconnect && !isStopped) reconnectAfter(afterMs);
  };

  const onClosing = ({ reason, reconnect, retryAfterMs }: ServerPayload<'closing'>) => {
    if (reason === 'token_expired') isTokenExpired = true;
    // Without a delay the server closes the connection itself, and Socket.io reconnects.
    if (reconnect && retryAfterMs === undefined) setLost();
    else void disconnect(reconnect, retryAfterMs);
    if (!reconnect) onEnded?.(reason);
  };

  const onConnectError = ({ data }: Error & { data?: Partial<WireError> }) => {
    // Socket.io reconnects by itself after errors of the network, but not after a refusal.
    if (socket.active) {
      failures += 1;
      if (failures > 1) settings.onUnreachable();
      return;
    }
    if (data?.code && finalCodes.has(data.code)) {
      onEnded?.(data.code);
      return;
    }
    const wasTokenExpired = isTokenExpired;
    isTokenExpired ||= data?.code === 'token_expired';
    // The first try with a renewed token is soon; the random part spreads the devices over time.
    const isFirstRenewal = isTokenExpired && !wasTokenExpired;
    reconnectAfter((isFirstRenewal ? reconnectMs : 2 * maxReconnectMs) * Math.random());
  };

  socket.onAny((name: ServerEventName, payload: unknown) => {
    if (name === 'authenticated') {
      isReady = true;
      isTokenExpired = false;
      failures = 0;
      onReady(payload as ServerPayload<'authenticated'>);
    } else if (name === 'closing') onClosing(payload as ServerPayload<'closing'>);
    else if (name === 'auth_expiring') renewToken().catch(() => undefined);
    else onEvent(name, payload);
  });
  socket.on('disconnect', setLost);
  socket.on('connect_error', onConnectError);

  return {
    ask,
    isReady: () => isReady,
    start: () => {
      isStopped = false;
      socket.connect();
    },
    stop: () => {
      isStopped = true;
      clearTimeout(reconnectTimer);
      setLost();
      socket.disconnect();
    },
  };
};

const openSocket = (
  { connect = io, url, token, deviceId, reconnectMs, compress = true }: Settings,
  mustRenewToken: () => boolean,
) =>
  connect(url, {
    transports: ['websocket'],
    forceNew: true,
    autoConnect: false,
    reconnectionDelay: reconnectMs,
    reconnectionDelayMax: maxReconnectMs,
    auth: (send) => {
      const acceptGzip = compress && canGunzip;
      const handshake = { deviceId, protocol: protocolVersion, acceptGzip };
      token(mustRenewToken()).then(
        (fresh) => send({ ...handshake, token: fresh }),
        // The server refuses this token, so that the next attempt asks for one again.
        () => send({ ...handshake, token: '-' }),
      );
    },
  });
