import { networkInterfaces } from 'node:os';
import { Failure } from '../bootstrap/failure.mjs';
import { listenError } from '../bootstrap/process.mjs';

const lastPort = 65_535;
const portsToTry = 100;

/**
 * @param {string} host
 * @param {number} port
 * @throws {Failure} where nobody can listen there, with why and what to do instead
 */
export async function refuseAddress(host, port) {
  const error = await listenError(host, port);
  if (error !== undefined) throw new Failure(`Cannot listen on ${host}:${port}: ${await advice(error, host, port)}`);
}

async function advice(error, host, port) {
  switch (error) {
    case 'EADDRINUSE':
      return `another program listens there. Stop it, or choose another port: npm start -- --port ${await freePort(host, port + 1)}`;
    case 'EACCES':
      return `ports below 1024 need more rights. Choose another one: npm start -- --port ${await freePort(host, 8080)}`;
    case 'EADDRNOTAVAIL':
      return `no network of this machine has that address. --host takes ${addresses().join(', ')}, or 0.0.0.0 for all.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `that name has no address. --host takes ${addresses().join(', ')}, or 0.0.0.0 for all.`;
    default:
      return error;
  }
}

/** The first port from there that is free. */
async function freePort(host, from) {
  for (let port = from; port < Math.min(from + portsToTry, lastPort); port++) {
    if ((await listenError(host, port)) === undefined) return port;
  }
  return 'PORT';
}

/** Of this machine, without those of one link only, which need the link's name too. */
function addresses() {
  const all = Object.values(networkInterfaces()).flatMap((list) => list.map(({ address }) => address));
  return all.filter((address) => !address.startsWith('fe80:'));
}
