import type { k8s } from 'cdk8s-plus-27';
import type { Settings } from '../settings.ts';

const VOLUME = 'certificate-authorities';
const DIRECTORY = '/etc/zenml/certificate-authorities';
const FILE = 'ca.crt';

/** What a pod needs to trust more authorities than Node knows. */
export interface CertificateAuthorities {
  readonly env: k8s.EnvVar[];
  readonly volumes: k8s.Volume[];
  readonly volumeMounts: k8s.VolumeMount[];
}

/** Mounts the ConfigMap that holds them. Node reads them at its start. */
export function certificateAuthorities({ certificateAuthorities: given }: Settings['server']): CertificateAuthorities {
  if (given === undefined) return { env: [], volumes: [], volumeMounts: [] };
  const { configMap: name, key } = given;
  return {
    env: [{ name: 'NODE_EXTRA_CA_CERTS', value: `${DIRECTORY}/${FILE}` }],
    volumes: [{ name: VOLUME, configMap: { name, items: [{ key, path: FILE }] } }],
    volumeMounts: [{ name: VOLUME, mountPath: DIRECTORY, readOnly: true }],
  };
}
