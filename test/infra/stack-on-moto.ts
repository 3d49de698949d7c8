import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Moto, startMoto } from './moto.ts';
import type { Tools } from './provider.ts';
import { forMoto, synthesize } from './synthesize.ts';
import { Terraform } from './terraform.ts';

/** The region of all examples. */
export const REGION = 'eu-central-1';
/** Where moto's databases, images and buckets lie. */
export const ACCOUNT = '123456789012';

/** What a stack's configuration says that the account must have before. */
export interface Configuration {
  readonly name: string;
  readonly cluster?: { readonly name: string };
  readonly network?: object;
  readonly state?: { readonly bucket: string };
  readonly database?: { readonly replicas?: readonly { readonly region?: string }[] };
}

/** The configuration of a file of this repository. */
export function readConfiguration(path: string): Configuration {
  return parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));
}

/** What moto takes and does not give back: a second plan would set these again, and nothing else. */
const FORGOTTEN: Readonly<Record<string, readonly string[]>> = {
  aws_db_instance: ['performance_insights_enabled', 'performance_insights_kms_key_id'],
  aws_db_parameter_group: ['parameter'],
  aws_vpc_security_group_ingress_rule: ['description'],
};

/** Change of a configuration. */
export const UNPROTECTED = { protectData: false };

const QUIETLY = ['-auto-approve', '-input=false', '-parallelism=20'];

/** Variables with which Terraform reaches moto. */
export function accountVariables({ url }: Moto): Record<string, string> {
  return { AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: 'tests', AWS_SECRET_ACCESS_KEY: 'tests', AWS_REGION: REGION };
}

/** A stack in an account of its own. */
export class StackOnMoto {
  readonly moto: Moto;
  readonly terraform: Terraform;
  /** The folder that the user's commands are run in. */
  readonly directory: string;
  readonly #configuration: Configuration;
  readonly #version: string;
  #isInitialized = false;

  private constructor(moto: Moto, configuration: Configuration, { program, mirror }: Tools) {
    this.moto = moto;
    this.#configuration = configuration;
    this.#version = mirror.version;
    this.directory = mkdtempSync(join(tmpdir(), 'infra-'));
    this.terraform = new Terraform(
      program,
      join(this.directory, 'cdktf.out', 'stacks', configuration.name),
      mirror,
      accountVariables(moto),
    );
  }

  /** Makes the account, with what the configuration says to be there: cluster, bucket of states, networks. */
  static async open(given: Configuration, tools: Tools): Promise<StackOnMoto> {
    const moto = await startMoto(process.env['ZENML_TEST_PYTHON'] ?? 'python3');
    try {
      return new StackOnMoto(moto, await prepare(moto, given), tools);
    } catch (error) {
      await moto.stop();
      throw error;
    }
  }

  #use(changes?: object): void {
    this.terraform.use(forMoto(synthesize({ ...this.#configuration, ...changes }), this.#version));
  }

  async #initialize(changes?: object): Promise<void> {
    this.#use(changes);
    if (!this.#isInitialized) await this.terraform.do('init', '-input=false');
    this.#isInitialized = true;
  }

  /**
   * Plans a stack that is not there yet.
   * @param changes of the configuration
   * @returns the path of the plan as JSON
   */
  async plan(changes?: object): Promise<string> {
    await this.#initialize(changes);
    return this.terraform.writePlan();
  }

  /**
   * Applies the stack, and finds nothing to change afterwards.
   * @param changes of the configuration
   */
  async apply(changes?: object): Promise<void> {
    await this.#initialize(changes);
    await this.terraform.do('validate');
    await this.terraform.do('apply', ...QUIETLY);
    for (const [type, names] of Object.entries(await this.terraform.plannedChanges())) {
      const unexpected = names.filter((name) => !FORGOTTEN[type]?.includes(name));
      assert.deepEqual(unexpected, [], `${type} would be changed again`);
    }
  }

  /** Lets go of the data of a stack that stands, as whoever wants to be rid of it does first. */
  async unprotect(): Promise<void> {
    this.#use(UNPROTECTED);
    await this.terraform.do('apply', ...QUIETLY, '-refresh=false');
  }

  /** Takes the stack away, whose data is not protected. */
  async destroy(): Promise<void> {
    await this.terraform.do('destroy', ...QUIETLY, '-refresh=false');
    assert.equal((await this.terraform.do('state', 'list')).trim(), '');
  }

  async close(): Promise<void> {
    await this.moto.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function prepare(moto: Moto, given: Configuration): Promise<Configuration> {
  const { cluster, state, network, database } = given;
  const place = await moto.makeNetwork(REGION);
  if (cluster) await moto.makeCluster(cluster.name, REGION, place);
  if (state) await moto.makeBucket(state.bucket, REGION);
  const replicas = [];
  for (const replica of database?.replicas ?? []) {
    replicas.push({ ...replica, ...(replica.region !== undefined && (await moto.makeNetwork(replica.region))) });
  }
  return {
    ...given,
    ...(network && { network: { ...network, ...place } }),
    ...(database && { database: { ...database, replicas } }),
  };
}
