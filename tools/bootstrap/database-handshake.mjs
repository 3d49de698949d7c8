import { connect } from 'node:net';

const protocolVersion = 10;

/**
 * Whether a MySQL or MariaDB server greets on that port. It does so only once its init file has run, so the databases
 * and users that the file makes are there. (MySQL protocol, "Initial Handshake": 3 bytes length, 1 byte sequence,
 * then the protocol version, or 0xff for an error.)
 */
export function greets(host, port, timeoutMilliseconds = 2_000) {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const received = [];
    const finish = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMilliseconds, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
    socket.on('data', (chunk) => {
      received.push(chunk);
      const bytes = Buffer.concat(received);
      if (bytes.length > 4) finish(bytes[4] === protocolVersion);
    });
  });
}
