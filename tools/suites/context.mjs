import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../bootstrap/failure.mjs';
import { Companion, freePort } from '../bootstrap/process.mjs';
import { startTestDatabase } from '../bootstrap/test-database.mjs';
import { startCluster } from '../cluster/cluster.mjs';
import { localUrl } from '../start/options.mjs';
import { serverEnvironment, startServer } from '../start/server.mjs';
import { countsOf } from './counts.mjs';

/** What a suite runs with: the repository, what it needs, a log, and programs that end when the run is given up. */
export class SuiteContext {
  #running = new Set();
  #givenUp = false;

  /**
   * @param {{name: string, root: string, results: string, cores: number, long: boolean, have: Record<string, unknown>}} given
   *   `results` is the folder for logs and reports; `have` holds what the suite needs, by name
   */
  constructor({ name, root, results, cores, long, have }) {
    mkdirSync(results, { recursive: true });
    this.root = root;
    this.cores = cores;
    this.long = long;
    this.have = have;
    this.log = join(results, `${name}.log`);
    this.#reportPath = join(results, `${name}.report`);
    for (const path of [this.log, this.#reportPath]) rmSync(path, { force: true });
  }

  #reportPath;

  /** Where a program of this suite writes its report. */
  get report() {
    return this.#reportPath;
  }

  /**
   * Runs a program of the suite to its end; what it prints goes to the log.
   * @param {{env?: Record<string, string>, kind?: 'jest' | 'junit' | 'json', report?: string}} [options] `kind` where it
   *   writes a report, `report` where it is not the suite's only one
   */
  async run(command, args, { env = {}, kind, report = this.report } = {}) {
    const long = this.long ? { ZENML_TEST_LONG: '1' } : {};
    const environment = { ...process.env, ...long, ...env };
    const program = new Companion(command, command, args, { log: this.log, cwd: this.root, env: environment });
    const code = await this.#whileRunning(program, () => program.exited);
    return countsOf(code, kind && { kind, path: report });
  }

  /** Runs a script of the repository with this Node. */
  node(args, options) {
    return this.run(process.execPath, args, options);
  }

  /** Runs test files (a glob) with Node's own test runner. */
  nodeTests(files, env) {
    const toLog = ['--test-reporter=spec', '--test-reporter-destination=stdout'];
    const toReport = ['--test-reporter=junit', `--test-reporter-destination=${this.report}`];
    return this.node(['--test', ...toLog, ...toReport, files], { env, kind: 'junit' });
  }

  /**
   * Runs `work` with a database server of its own, whose user may do everything.
   * @param {{onlyTls?: boolean}} [options] `onlyTls` where it is to refuse connections without TLS
   */
  async withDatabase(work, options) {
    const database = await startTestDatabase(undefined, options);
    try {
      return await work(database);
    } finally {
      await database.stop();
    }
  }

  /**
   * Runs `work` with a cluster of its own; the suite needs `cluster`.
   * @param {(cluster: import('../cluster/cluster.mjs').Cluster) => Promise<T>} work
   * @template T
   */
  async withCluster(work) {
    const cluster = await startCluster(this.have.cluster);
    try {
      return await work(cluster);
    } finally {
      await cluster.stop();
    }
  }

  /**
   * Runs `work` with our server on a new database.
   * @param {(server: {url: string, user: string, password: string, scratch: string}) => Promise<T>} work `scratch` is a
   *   folder that is removed afterwards
   * @template T
   */
  async withServer(work, { dashboardDirectory, variables = () => ({}), host = '127.0.0.1' } = {}) {
    const scratch = mkdtempSync(join(tmpdir(), 'zenml-workspace-suite-'));
    const database = await startTestDatabase('zenml');
    try {
      const port = await freePort();
      const url = localUrl(host, port);
      const access = { user: 'admin', password: 'password-of-tests' };
      const environment = serverEnvironment({
        host,
        port,
        databaseUrl: database.url,
        dashboardDirectory,
        userName: access.user,
        userPassword: access.password,
        jwtSecretKey: 'a key that only tests sign tokens with',
        secretsEncryptionKey: 'a key that only tests encrypt with',
      });
      // With analytics on, the dashboard tells its maker of every page that the tests open.
      Object.assign(environment, { ZENML_ANALYTICS_OPT_IN: 'false' }, variables({ url, scratch }));
      const server = await startServer({ root: this.root, url, environment, log: this.log });
      return await this.#whileRunning(server, () => work({ url, ...access, scratch }));
    } finally {
      await database.stop();
      rmSync(scratch, { recursive: true, force: true });
    }
  }

  async #whileRunning(program, work) {
    this.#running.add(program);
    try {
      if (this.#givenUp) throw new Failure('given up');
      return await work();
    } finally {
      this.#running.delete(program);
      await program.stop();
    }
  }

  /** Ends the suite's programs; what waits for them then cleans up. */
  giveUp() {
    this.#givenUp = true;
    for (const program of this.#running) program.stop();
  }
}
