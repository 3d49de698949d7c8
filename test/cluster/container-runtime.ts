import { connect } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** Has containerd log into a new file, for the old one was moved away: the one call of the CRI that tests make. */
export async function reopenContainerLog(socket: string, containerId: string): Promise<void> {
  const session = connect('http://containerd', { createConnection: () => connectSocket(socket) });
  try {
    const call = session.request({
      ':method': 'POST',
      ':path': '/runtime.v1.RuntimeService/ReopenContainerLog',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    let status: unknown;
    const note = (headers: object) => {
      status ??= (headers as Record<string, unknown>)['grpc-status'];
    };
    call.on('response', note).on('trailers', note);
    // A gRPC message of one field of protobuf: its number and type, its length, and the id.
    const message = Buffer.concat([Buffer.from([0x0a, containerId.length]), Buffer.from(containerId)]);
    call.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]));
    await buffer(call);
    if (status !== '0') throw new Error(`containerd did not reopen the log of ${containerId}: status ${status}`);
  } finally {
    session.close();
  }
}
