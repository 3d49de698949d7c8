import { delimiter, join } from 'node:path';
import { runBrowserSuite } from '../test/browser/run.mjs';
import { runClusterSuite } from '../test/cluster/run.mjs';
import { runDifferentialSuite } from '../test/differential/suite.mjs';
import { runLocalRunsSuite } from '../test/local-runs/run.mjs';
import { runPlatformSuite } from '../test/platform/run.mjs';
import { runSdkSuite, runSdkSuiteOnReference } from '../test/sdk/run.mjs';
import { add } from './suites/counts.mjs';
import { runMysqlSuite } from './suites/mysql.mjs';

/**
 * @typedef {object} Suite
 * @property {string} name
 * @property {string} about
 * @property {string[]} needs names of tools/suites/needs.mjs
 * @property {number} cores how many it keeps busy: suites run side by side while the machine has that many
 * @property {boolean} [long] only with --long
 * @property {(context: import('./suites/context.mjs').SuiteContext) => Promise<import('./suites/counts.mjs').Counts>} run
 */

const module = (...names) => join('node_modules', ...names);

/**
 * Every suite of the project; the longest first, so that short ones fill the gaps. There is one cluster, for which suites wait:
 * what stands between two of them keeps the cores busy.
 * @type {Suite[]}
 */
export const suites = [
  {
    name: 'cluster',
    about: 'pipelines that the server starts as Jobs of a real Kubernetes cluster',
    needs: ['database', 'python', 'registry', 'cluster', 'sdk-image', 'builder-image'],
    cores: 1,
    run: runClusterSuite,
  },
  {
    name: 'unit',
    about: 'jest: rules and HTTP of the server on a real database, charts, stacks, examples',
    needs: ['database'],
    // Of two workers; beside them the cluster waits for its pods.
    cores: 1,
    run: (context) =>
      context.node(
        [
          '--experimental-vm-modules',
          module('jest', 'bin', 'jest.js'),
          `--maxWorkers=${context.cores}`,
          '--json',
          `--outputFile=${context.report}`,
        ],
        { kind: 'jest' },
      ),
  },
  {
    name: 'mysql',
    about: 'the tests of the server, and of backup and restore, on MySQL in place of MariaDB',
    needs: ['mysql'],
    cores: 2,
    long: true,
    run: runMysqlSuite,
  },
  {
    name: 'browser',
    about: "the dashboard in Chromium: log-in, pipelines, runs, a run's graph, and that every other screen opens",
    needs: ['database', 'python', 'chromium', 'dashboard'],
    cores: 1,
    run: runBrowserSuite,
  },
  {
    name: 'sdk',
    about: "ZenML's SDK and command line from PyPI against the server",
    needs: ['database', 'python'],
    cores: 1,
    run: runSdkSuite,
  },
  {
    name: 'sdk-reference',
    about: 'the same tests against the reference, of which they must say the same',
    needs: ['database', 'python'],
    cores: 1,
    long: true,
    run: runSdkSuiteOnReference,
  },
  {
    name: 'local-runs',
    about: 'pipelines that the server starts as processes of this machine, with ZenML’s own orchestrator and steps',
    needs: ['database', 'python'],
    cores: 1,
    run: runLocalRunsSuite,
  },
  {
    name: 'local-runs-reference',
    about: 'the same pipelines, started with one call by this server and by the reference: what their runs leave',
    needs: ['database', 'python'],
    cores: 2,
    long: true,
    run: (context) =>
      context.nodeTests('test/local-runs/**/*.test.ts', {
        ZENML_REFERENCE_BIN: context.have.python.bin,
        ZENML_TEST_PYTHON: context.have.python.python,
      }),
  },
  {
    name: 'triggers',
    about: 'schedules and events that two replicas fire, each once, while replicas are killed',
    needs: ['database'],
    cores: 1,
    run: (context) => context.nodeTests('test/triggers/**/*.test.ts'),
  },
  {
    name: 'scale',
    about: '1,000 Jobs in the namespace: what they cost, and that an idle server asks the cluster nothing',
    needs: ['database', 'cluster'],
    cores: 2,
    long: true,
    run: (context) => context.nodeTests('test/scale/**/*.test.ts'),
  },
  {
    name: 'differential',
    about: 'this server against the reference: the same writes to both, and both reading one database',
    needs: ['database', 'python'],
    cores: 1,
    run: runDifferentialSuite,
  },
  {
    name: 'platform',
    about: 'the charts and the image on a real cluster: what they allow, two replicas, restarts under load',
    needs: ['database', 'python', 'cluster', 'server-image', 'helm', 'crds'],
    cores: 1,
    run: runPlatformSuite,
  },
  {
    name: 'differential-self',
    about: 'the reference against itself, which must show no difference: a check of the comparison',
    needs: ['database', 'python'],
    cores: 2,
    long: true,
    run: (context) => runDifferentialSuite(context, ['--self']),
  },
  {
    name: 'fuzz',
    about: 'requests made up from the contract, on a database with some of everything',
    needs: ['database', 'fuzzer'],
    cores: 2,
    long: true,
    run: (context) =>
      context.nodeTests('test/fuzz/**/*.test.ts', { ZENML_TEST_SCHEMATHESIS_BIN: context.have.fuzzer.bin }),
  },
  {
    name: 'growth',
    about: 'memory of a server that writes and reads thousands of runs',
    needs: ['database'],
    cores: 2,
    long: true,
    run: (context) => context.nodeTests('test/growth/**/*.test.ts'),
  },
  {
    name: 'authentication',
    about: 'log-in by every scheme, and permissions by a control plane, beside the reference',
    needs: ['database', 'python'],
    cores: 1,
    run: (context) =>
      context.withDatabase(({ url }) =>
        context.nodeTests('test/authentication/**/*.test.ts', {
          ZENML_REFERENCE_BIN: context.have.python.bin,
          ZENML_TEST_PYTHON: context.have.python.python,
          ZENML_TEST_DATABASE_URL: url,
        }),
      ),
  },
  {
    name: 'chaos',
    about: 'two replicas on a real cluster: 200 runs, while a replica, the API server and answers are lost',
    needs: ['database', 'cluster'],
    cores: 1,
    run: (context) => context.nodeTests('test/chaos/**/*.test.ts'),
  },
  {
    name: 'images',
    about: 'runner images in real registries: open ones, with passwords, with tokens, of clouds',
    needs: ['registry', 'python'],
    cores: 1,
    run: (context) =>
      context.nodeTests('test/images/**/*.test.ts', {
        ZENML_TEST_PYTHON: context.have.python.python,
        ZENML_TEST_REGISTRY: context.have.registry.program,
      }),
  },
  {
    name: 'stores',
    about: 'artifacts, visualizations, logs and secrets in AWS and Google Cloud, secrets beside the reference',
    needs: ['database', 'python'],
    cores: 1,
    run: (context) =>
      context.withDatabase(({ url }) =>
        context.nodeTests('test/stores/**/*.test.ts', {
          ZENML_TEST_PYTHON: context.have.python.python,
          ZENML_TEST_DATABASE_URL: url,
        }),
      ),
  },
  {
    name: 'stacks',
    about:
      'the stacks of AWS, applied by Terraform with the real provider to moto, the server on one of them, and taken down',
    needs: ['terraform', 'nodes', 'database', 'python', 'scanner'],
    // It waits for most of its time.
    cores: 0,
    run: (context) =>
      // As the stacks' databases, it takes no connection without TLS.
      context.withDatabase(
        ({ url }) =>
          context.nodeTests('test/infra/**/*.test.ts', {
            ZENML_TEST_PYTHON: context.have.python.python,
            ZENML_TEST_SCANNER_BIN: context.have.scanner.bin,
            ZENML_TEST_DATABASE_URL: url,
            ZENML_TEST_NODES: context.have.nodes.join(delimiter),
          }),
        { onlyTls: true },
      ),
  },
  {
    name: 'synthesis',
    about:
      'cdktf synth of every example and cdk8s synth, by their commands, without network, on Node 22 and 24; a scan of the stack of Google Cloud',
    needs: ['nodes', 'scanner'],
    cores: 1,
    run: (context) =>
      context.nodeTests('test/synthesis/**/*.test.ts', {
        ZENML_TEST_NODES: context.have.nodes.join(delimiter),
        ZENML_TEST_SCANNER_BIN: context.have.scanner.bin,
      }),
  },
  {
    name: 'lint',
    about: 'format, lint rules (Biome) and the direction of dependencies (dependency-cruiser)',
    needs: [],
    cores: 1,
    run: async (context) =>
      add(
        await context.node([module('@biomejs', 'biome', 'bin', 'biome'), 'check', '.']),
        await context.node([module('.bin', 'depcruise'), 'server/src']),
      ),
  },
  {
    name: 'types',
    about: 'the TypeScript compiler over everything',
    needs: [],
    cores: 1,
    run: (context) => context.node([module('typescript', 'bin', 'tsc'), '--noEmit']),
  },
  {
    name: 'tools',
    about: 'what npm start and npm test themselves are made of, and what copies the database',
    needs: ['database', 'database-client'],
    cores: 1,
    run: (context) => context.nodeTests('tools/**/*.test.mjs'),
  },
];
