import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Person } from '@taar/testing/people';

const boundary = 'taar';
const tail = Buffer.from(
  `\r\n--${boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nmessage\r\n--${boundary}--\r\n`,
);
const head = Buffer.from(
  `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="v.mp4"\r\n\r\n`,
);

const write = (socket: Socket, bytes: Buffer | string) =>
  new Promise<void>((resolve) => socket.write(bytes, () => resolve()));

/** Begins a form upload on a raw socket; the test decides which bytes are sent, and when. */
export const beginUpload = async (
  url: string,
  person: Person,
  file: Buffer,
  announced = head.length + file.length + tail.length,
) => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  const answer = text(socket).catch(() => '');
  await write(
    socket,
    [
      'POST /media/upload HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${await person.token()}`,
      `Content-Type: multipart/form-data; boundary=${boundary}`,
      `Content-Length: ${announced}`,
      'Connection: close',
      '\r\n',
    ].join('\r\n'),
  );
  const form = Buffer.concat([head, file, tail]);
  return {
    /** Sends the form's bytes from one position to another. */
    send: (from: number, to = form.length) => write(socket, form.subarray(from, to)),
    abort: () => socket.destroy(),
    /** The answer, once the server has closed the connection. */
    answer: async () => {
      const [, status] = /^HTTP\/1\.1 (\d+)/.exec(await answer) ?? [];
      return { status: Number(status), text: await answer };
    },
  };
};
