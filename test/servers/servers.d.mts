/** A server under test that runs. */
export interface RunningServer {
  name: string;
  url: string;
  pid: number | undefined;
  log: string;
  /** Asks it to stop and returns its exit code. */
  stop(): Promise<number>;
}

export interface ServerOptions {
  /** `mysql://user:password@host:port/database` */
  databaseUrl: string;
  /** For logs, and for what the servers keep on disk. */
  directory: string;
  environment?: Record<string, string> | ((url: string) => Record<string, string>);
}

export const admin: { user: string; password: string };
export function databaseServer(): Promise<{ url: string; stop: () => Promise<unknown> }>;
/** The folder of the reference's Python programs. */
export function referencePrograms(): Promise<string>;
/** An environment without ZenML's variables. */
export function withoutZenml(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv;
/** @param options `programs` where its folder of programs is another than usual */
export function startReference(options: ServerOptions & { programs?: string }): Promise<RunningServer>;
export function startOurs(options: ServerOptions): Promise<RunningServer>;
