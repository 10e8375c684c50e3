{{/* How pods reach Kafka and Redis: the one place that turns `kafka` and `redis` into environment, files and triggers. */}}

{{/* Environment of each pod that talks to the log. */}}
{{- define "freshet.kafkaEnv" -}}
{{- $security := .Values.kafka.security }}
- {name: FRESHET_BROKER, value: {{ printf "kafka://%s" .Values.kafka.bootstrapServers | quote }}}
- {name: FRESHET_KAFKA_SECURITY_PROTOCOL, value: {{ $security.protocol | quote }}}
{{- if $security.mechanism }}
- {name: FRESHET_KAFKA_SASL_MECHANISM, value: {{ $security.mechanism | quote }}}
{{- end }}
{{- if $security.credentials.existingSecret }}
- {name: FRESHET_KAFKA_USERNAME_FILE, value: {{ printf "/etc/freshet/kafka/%s" $security.credentials.keys.username | quote }}}
- {name: FRESHET_KAFKA_PASSWORD_FILE, value: {{ printf "/etc/freshet/kafka/%s" $security.credentials.keys.password | quote }}}
{{- end }}
{{- if $security.oauth.tokenEndpoint }}
- {name: FRESHET_KAFKA_OAUTH_TOKEN_ENDPOINT, value: {{ $security.oauth.tokenEndpoint | quote }}}
- {name: FRESHET_KAFKA_OAUTH_SCOPE, value: {{ $security.oauth.scope | quote }}}
{{- end }}
{{- if $security.ca.existingSecret }}
- {name: FRESHET_KAFKA_CA_FILE, value: {{ printf "/etc/freshet/kafka-ca/%s" $security.ca.key | quote }}}
{{- end }}
{{- if $security.clientCertificate.existingSecret }}
- {name: FRESHET_KAFKA_CERT_FILE, value: {{ printf "/etc/freshet/kafka-client/%s" $security.clientCertificate.keys.cert | quote }}}
- {name: FRESHET_KAFKA_KEY_FILE, value: {{ printf "/etc/freshet/kafka-client/%s" $security.clientCertificate.keys.key | quote }}}
{{- end }}
{{- end }}

{{- define "freshet.redisEnv" -}}
{{- if .Values.redis.existingSecret }}
- {name: FRESHET_REGISTRY_FILE, value: {{ printf "/etc/freshet/redis/%s" .Values.redis.key | quote }}}
{{- else }}
- {name: FRESHET_REGISTRY, value: {{ .Values.redis.url | quote }}}
{{- end }}
{{- if .Values.redis.ca.existingSecret }}
- {name: SSL_CERT_FILE, value: {{ printf "/etc/freshet/redis-ca/%s" .Values.redis.ca.key | quote }}}
{{- end }}
{{- end }}

{{/* Secrets that pods mount, name of the volume by name of the secret. */}}
{{- define "freshet.secretVolumes" -}}
{{- $security := .Values.kafka.security }}
{{- $secrets := dict "kafka" $security.credentials.existingSecret "kafka-ca" $security.ca.existingSecret "kafka-client" $security.clientCertificate.existingSecret "redis" .Values.redis.existingSecret "redis-ca" .Values.redis.ca.existingSecret }}
{{- range $name, $secret := $secrets }}
{{- if $secret }}
- {name: {{ $name }}, secret: {secretName: {{ $secret | quote }}, defaultMode: 0440}}
{{- end }}
{{- end }}
{{- end }}

{{- define "freshet.secretMounts" -}}
{{- $security := .Values.kafka.security }}
{{- $secrets := dict "kafka" $security.credentials.existingSecret "kafka-ca" $security.ca.existingSecret "kafka-client" $security.clientCertificate.existingSecret "redis" .Values.redis.existingSecret "redis-ca" .Values.redis.ca.existingSecret }}
{{- range $name, $secret := $secrets }}
{{- if $secret }}
- {name: {{ $name }}, mountPath: /etc/freshet/{{ $name }}, readOnly: true}
{{- end }}
{{- end }}
{{- end }}

{{/* KEDA's spelling of a SASL mechanism. */}}
{{- define "freshet.kedaSasl" -}}
{{- get (dict "" "none" "PLAIN" "plaintext" "SCRAM-SHA-256" "scram_sha256" "SCRAM-SHA-512" "scram_sha512" "OAUTHBEARER" "oauthbearer") .Values.kafka.security.mechanism }}
{{- end }}

{{- define "freshet.kafkaTls" -}}
{{- ternary "true" "" (hasSuffix "SSL" .Values.kafka.security.protocol) }}
{{- end }}

{{/* Whether KEDA needs an authentication of its own. */}}
{{- define "freshet.kedaAuthenticates" -}}
{{- $security := .Values.kafka.security }}
{{- if or $security.credentials.existingSecret $security.ca.existingSecret $security.clientCertificate.existingSecret }}true{{ end }}
{{- end }}
