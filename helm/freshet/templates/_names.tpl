{{/* Names and labels of objects. */}}
{{- define "freshet.fullname" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else }}{{ $name := default .Chart.Name .Values.nameOverride }}{{ ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Labels that never change: dict "root" $ "component" "annotator" ["pool" "cpu"]. */}}
{{- define "freshet.selectorLabels" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- with .pool }}
freshet.io/pool: {{ . }}
{{- end }}
{{- end }}

{{/* All labels of an object of ours. */}}
{{- define "freshet.labels" -}}
{{ include "freshet.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: freshet
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "freshet.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "freshet.fullname" .) .Values.serviceAccount.name }}{{ else }}{{ default "default" .Values.serviceAccount.name }}{{ end }}
{{- end }}

{{/* Reference of an image: dict "root" $ "image" {...}; what the second says wins. */}}
{{- define "freshet.image" -}}
{{- $image := mustMergeOverwrite (deepCopy .root.Values.image) (default (dict) .image) }}
{{- if $image.digest }}{{ printf "%s@%s" $image.repository $image.digest }}{{ else }}{{ printf "%s:%s" $image.repository (default .root.Chart.AppVersion $image.tag) }}{{ end }}
{{- end }}

{{/* A pool as it is meant: defaults with what the pool says over them. dict "root" $ "pool" {...} -> YAML. */}}
{{- define "freshet.pool" -}}
{{- mustMergeOverwrite (deepCopy .root.Values.defaults) (deepCopy (default (dict) .pool)) | toYaml }}
{{- end }}
