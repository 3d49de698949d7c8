{{/* What follows from the values, as in charts-ts/src/settings.ts and load-values.ts. Names between @ come from there. */}}

{{- define "zenml.namespace" -}}
{{- .Values.namespace | default .Release.Namespace -}}
{{- end -}}

{{/* The text of a variable. YAML's numbers are floating-point ones here. */}}
{{- define "zenml.text" -}}
{{- if and (kindIs "float64" .) (eq . (float64 (int64 .))) -}}{{- int64 . -}}{{- else -}}{{- . -}}{{- end -}}
{{- end -}}

{{/* JSON of several maps as one: later ones win. */}}
{{- define "zenml.merged" -}}
{{- $all := dict -}}
{{- range . -}}{{- range $name, $value := . -}}{{- $_ := set $all $name $value -}}{{- end -}}{{- end -}}
{{- $all | toRawJson -}}
{{- end -}}

{{/* JSON of the server's variables as the values name them. */}}
{{- define "zenml.environment" -}}
{{- $texts := dict -}}
{{- range list (.Values.zenml | default dict).environment .Values.server.environment -}}
{{- range $name, $value := . -}}{{- $_ := set $texts $name (include "zenml.text" $value) -}}{{- end -}}
{{- end -}}
{{- $texts | toRawJson -}}
{{- end -}}

{{/* JSON of all of the server's variables. */}}
{{- define "zenml.variables" -}}
{{- @variables@ | toRawJson -}}
{{- end -}}

{{- define "zenml.runnersNamespace" -}}
{{- $named := get (include "zenml.environment" . | fromJson) "@workloads@NAMESPACE" -}}
{{- .Values.runners.namespace | default $named | default "@runnersNamespace@" -}}
{{- end -}}

{{- define "zenml.runnersServiceAccount" -}}
{{- $named := get (include "zenml.environment" . | fromJson) "@workloads@SERVICE_ACCOUNT" -}}
{{- .Values.runners.serviceAccount | default $named | default "@runnersServiceAccount@" -}}
{{- end -}}

{{/* Whether a variable's text is one of those for "true". */}}
{{- define "zenml.isOn" -}}
{{- has (lower .) (list @true@) -}}
{{- end -}}

{{- define "zenml.buildsImages" -}}
{{- include "zenml.isOn" (get (include "zenml.environment" . | fromJson) "@workloads@BUILD_RUNNER_IMAGE") -}}
{{- end -}}

{{/* Rootless BuildKit cannot run under "restricted". */}}
{{- define "zenml.podSecurity" -}}
{{- $environment := include "zenml.environment" . | fromJson -}}
{{- if ne "true" (include "zenml.buildsImages" .) -}}
restricted
{{- else -}}
{{- ternary "privileged" "baseline" (eq "true" (include "zenml.isOn" (get $environment "ZENML_WORKSPACE_BUILDER_UNCONFINED"))) -}}
{{- end -}}
{{- end -}}

{{/* The cloud whose identities pods ask for on their node. */}}
{{- define "zenml.cloud" -}}
{{- $manager := get (include "zenml.environment" . | fromJson) "ZENML_SERVER_WORKLOAD_MANAGER_IMPLEMENTATION_SOURCE" -}}
{{- $annotated := or (hasKey .Values.server.serviceAccount.annotations "@gcpAnnotation@") (hasKey .Values.runners.serviceAccountAnnotations "@gcpAnnotation@") -}}
{{- .Values.networkPolicy.cloudIdentity | default (get (dict @cloudOfManager@) $manager) | default (ternary "gcp" "none" $annotated) -}}
{{- end -}}

{{- define "zenml.url" -}}
{{- if .Values.ingress -}}
https://{{ .Values.ingress.host }}
{{- else if .Values.gateway -}}
https://{{ .Values.gateway.host }}
{{- else -}}
http://@server@.{{ include "zenml.namespace" . }}.svc
{{- end -}}
{{- end -}}

{{- define "zenml.openPorts" -}}
{{- $ports := list 443 -}}
{{- range concat .Values.networkPolicy.kubernetesApiPorts .Values.networkPolicy.furtherPorts -}}{{- $ports = append $ports (int .) -}}{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}

{{/* Refuses what the schema cannot know, each fault with its path. */}}
{{- define "zenml.checks" -}}
{{- $faults := list -}}
{{- $namespace := include "zenml.namespace" . -}}
{{- $runners := dict "NAMESPACE" (include "zenml.runnersNamespace" .) "SERVICE_ACCOUNT" (include "zenml.runnersServiceAccount" .) -}}
{{- $environment := include "zenml.environment" . | fromJson -}}
{{- if eq $runners.NAMESPACE $namespace -}}
{{- $faults = append $faults (printf "runners.namespace: is the server's namespace (%s); name another one for the runners" $namespace) -}}
{{- end -}}
{{- $least := int64 .Values.server.replicas -}}
{{- if and .Values.autoscaling.enabled (lt (int64 .Values.autoscaling.maxReplicas) $least) -}}
{{- $faults = append $faults (printf "autoscaling.maxReplicas: %d is below server.replicas (%d); raise it to %d or more" (int64 .Values.autoscaling.maxReplicas) $least $least) -}}
{{- end -}}
{{- with .Values.ingress -}}
{{- if not (or .tlsSecret .annotations) -}}
{{- $faults = append $faults "ingress.tlsSecret: is missing; name the Secret with the certificate, or set ingress.annotations that bring one, as of ACM" -}}
{{- end -}}
{{- end -}}
{{- range $end, $value := $runners -}}
{{- $named := get $environment (printf "@workloads@%s" $end) -}}
{{- if and $named (ne $named $value) -}}
{{- $faults = append $faults (printf "server.environment.@workloads@%s: %s is not what runners names (%s); keep one" $end $named $value) -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := $environment -}}
{{- if has $name (list @secretVariables@) -}}
{{- $faults = append $faults (printf "server.environment.%s: is a secret; put it into the Secret that secret.name names" $name) -}}
{{- else if and (regexMatch @ownPrefix@ $name) (not (has $name (list @knownVariables@))) -}}
{{- $faults = append $faults (printf "server.environment.%s: is unknown; see docs/configuration.md" $name) -}}
{{- else if and (has $name (list @jsonVariables@)) (hasKey (fromJson (printf "{\"value\": %s}" $value)) "Error") -}}
{{- $faults = append $faults (printf "server.environment.%s: is not JSON; check its quotes and brackets" $name) -}}
{{- end -}}
{{- end -}}
{{- if $faults -}}
{{- fail (printf "the values are refused:\n%s" (join "\n" $faults)) -}}
{{- end -}}
{{- end -}}
