import assert from 'node:assert/strict';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { forward } from './forwarder.ts';

/** A database that pods reach. `ZENML_TEST_DATABASE_URL`, `ZENML_TEST_HOST` */
export interface PodDatabase {
  /** As pods give it. */
  readonly url: string;
  query(statement: string): Promise<RowDataPacket[]>;
  /** Drops it. */
  remove(): Promise<void>;
}

const given = (name: string) => process.env[name] ?? assert.fail(`set ${name}`);

/** Makes an empty one. @param name how it is called */
export async function makePodDatabase(name: string): Promise<PodDatabase> {
  const server = new URL(given('ZENML_TEST_DATABASE_URL'));
  const connection = await createConnection(server.href);
  await connection.query(`create database ${name}`);
  await connection.query(`use ${name}`);
  const host = given('ZENML_TEST_HOST');
  const forwarder = await forward(host, { host: server.hostname, port: Number(server.port) });
  return {
    url: `mysql://${server.username}:${server.password}@${host}:${forwarder.port}/${name}`,
    async query(statement) {
      const [rows] = await connection.query<RowDataPacket[]>(statement);
      return rows;
    },
    async remove() {
      await forwarder.stop();
      await connection.query(`drop database if exists ${name}`);
      await connection.end();
    },
  };
}
