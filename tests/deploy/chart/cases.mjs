// The values that the chart is rendered with. A case may say what differs from the defaults: `scaling`, the mode that must come
// out; `outside`, what is in the namespace beforehand; `mysql: false`; `storage`, the volume of the database.

const KEDA = 'keda.sh/v1alpha1/ScaledObject';
const PROMETHEUS = 'http://prometheus-operated.monitoring.svc:9090';
const external = { mysql: { enabled: false }, externalDatabase: { host: 'db.example.org', existingSecret: 'db-login' } };
const login = { secrets: { 'db-login': ['password'] } };
const three = { minReplicas: 3, maxReplicas: 20 };

export const CASES = {
  defaults: {},
  'an external database': { values: external, outside: login, mysql: false },
  'an external database with TLS, on another port, migrated by another user': {
    values: {
      mysql: { enabled: false },
      externalDatabase: {
        host: '10.1.2.3',
        port: 3307,
        name: 'hardware',
        user: 'app',
        existingSecret: 'app-login',
        passwordKey: 'pass',
        ca: { existingSecret: 'db-ca', key: 'tls.pem' },
        migrate: { user: 'owner', existingSecret: 'owner-login' },
        to: [{ ipBlock: { cidr: '10.1.0.0/16' } }],
      },
      migrate: { sample: false },
    },
    outside: { secrets: { 'app-login': ['pass'], 'owner-login': ['password'], 'db-ca': ['tls.pem'] } },
    mysql: false,
  },
  'authorities in a ConfigMap': {
    values: { ...external, externalDatabase: { ...external.externalDatabase, ca: { existingConfigMap: 'authorities' } } },
    outside: { ...login, configMaps: { authorities: ['ca.crt'] } },
    mysql: false,
  },
  'existing secrets': {
    values: { secrets: { existing: 'made-elsewhere' } },
    outside: { secrets: { 'made-elsewhere': ['admin-token', 'database-password', 'database-root-password'] } },
  },
  'existing secrets and an external database': {
    values: { ...external, secrets: { existing: 'made-elsewhere' } },
    outside: { secrets: { ...login.secrets, 'made-elsewhere': ['admin-token'] } },
    mysql: false,
  },
  'launches are taken': {
    values: { observations: { existingSecret: 'observer' } },
    outside: { secrets: { observer: ['observer-token'] } },
  },
  'KEDA is installed': { apis: [KEDA, 'keda.sh/v1alpha1'], scaling: 'keda-metrics-api' },
  'KEDA is installed, and Prometheus named': {
    apis: [KEDA],
    values: { autoscaling: { prometheus: { serverAddress: PROMETHEUS } } },
    scaling: 'keda-prometheus',
  },
  "KEDA with Prometheus, forced, with series of one's own": {
    values: {
      autoscaling: {
        mode: 'keda-prometheus',
        prometheus: {
          serverAddress: PROMETHEUS,
          portalSelector: 'job="vacancy",app="portal"',
          hardwareSelector: 'job="vacancy",app="hardware"',
        },
        keda: { pollingInterval: 5 },
      },
    },
    scaling: 'keda-prometheus',
  },
  'KEDA without Prometheus, forced': {
    values: { autoscaling: { mode: 'keda-metrics-api' }, hardware: { autoscaling: { ...three, probeSlotsPercent: 75 } } },
    scaling: 'keda-metrics-api',
  },
  'custom metrics are served': { apis: ['custom.metrics.k8s.io/v1beta2'], scaling: 'adapter' },
  'custom metrics, forced': {
    values: { autoscaling: { mode: 'adapter' }, portal: { autoscaling: { ...three, requestsPerSecond: 50 } } },
    scaling: 'adapter',
  },
  'the CPU, forced': { apis: [KEDA], values: { autoscaling: { mode: 'cpu' } }, scaling: 'cpu' },
  'one replica each': {
    values: { autoscaling: { mode: 'none' }, portal: { replicas: 1 }, hardware: { replicas: 1 } },
    scaling: 'none',
  },
  'fixed numbers of replicas': {
    values: {
      autoscaling: { mode: 'none' },
      portal: { replicas: 4, maxSurge: '50%', podDisruptionBudget: { minAvailable: 2 } },
      hardware: { replicas: 3, podDisruptionBudget: { minAvailable: '50%', maxUnavailable: null } },
    },
    scaling: 'none',
  },
  'an Ingress': {
    values: {
      ingress: {
        enabled: true,
        className: 'nginx',
        hosts: ['vacancy.example.org', 'hardware.example.org'],
        annotations: { 'cert-manager.io/cluster-issuer': 'letsencrypt' },
        tls: [{ hosts: ['vacancy.example.org'], secretName: 'vacancy-tls' }],
      },
    },
  },
  'a route of the Gateway API': {
    values: {
      httpRoute: {
        enabled: true,
        parentRefs: [{ name: 'gateway', namespace: 'gateways', sectionName: 'https' }],
        hostnames: ['vacancy.example.org'],
      },
      portal: { service: { port: 80 } },
    },
  },
  monitoring: {
    values: {
      monitoring: {
        labels: { release: 'prometheus' },
        serviceMonitor: { enabled: true },
        prometheusRule: { enabled: true },
        dashboard: { enabled: true, annotations: { grafana_folder: 'Hardware' } },
      },
    },
  },
  'a load balancer': {
    values: {
      portal: {
        service: {
          type: 'LoadBalancer',
          port: 80,
          annotations: { 'example.org/internal': true },
          loadBalancerClass: 'example.org/nlb',
          loadBalancerSourceRanges: ['10.0.0.0/8'],
          externalTrafficPolicy: 'Local',
        },
      },
    },
  },
  'a port of the nodes': { values: { portal: { service: { type: 'NodePort', nodePort: 30500 } } } },
  'a long name of the release': {
    release: 'a-team.with-a-very-long-name-for-its-hardware-service',
    apis: [KEDA],
    scaling: 'keda-metrics-api',
    values: { monitoring: { serviceMonitor: { enabled: true } }, ingress: { enabled: true, hosts: ['a.example.org'] } },
  },
  "names and labels of one's own": {
    release: 'prod',
    values: {
      fullnameOverride: 'hw',
      nameOverride: 'hardware-board',
      commonLabels: { team: 'hpc', tier: 1, 'app.kubernetes.io/name': 'mine' },
      commonAnnotations: { owner: 'hpc' },
      portal: {
        podLabels: { 'app.kubernetes.io/component': 'mine', 'sidecar.istio.io/inject': false },
        podAnnotations: { build: 7 },
      },
    },
  },
  "a name without the chart's": { release: 'prod', apis: [KEDA], scaling: 'keda-metrics-api' },
  'everything about pods': {
    values: {
      image: { registry: 'registry.example.org/team', pullPolicy: 'Always', pullSecrets: ['registry-login'] },
      portal: {
        image: { repository: 'portal', digest: `sha256:${'0123456789abcdef'.repeat(4)}` },
        nodeSelector: { 'kubernetes.io/arch': 'amd64' },
        tolerations: [{ key: 'web', operator: 'Exists', effect: 'NoSchedule' }],
        affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
        priorityClassName: 'high',
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'kubernetes.io/hostname',
            whenUnsatisfiable: 'DoNotSchedule',
            labelSelector: { matchLabels: { 'app.kubernetes.io/component': 'portal' } },
          },
        ],
        extraEnv: [{ name: 'VACANCY_LOG_LEVEL', value: 'debug' }],
        serviceAccount: { create: false, name: 'web' },
        resources: { requests: { cpu: '2', memory: '1Gi' }, limits: { cpu: '4', memory: '1Gi' } },
      },
      hardware: {
        image: { repository: 'hardware-tools', tag: '20261129' },
        extraEnv: [{ name: 'AWS_REGION', value: 'eu-central-1' }],
        extraEnvFrom: [{ secretRef: { name: 'cloud-login' } }],
        extraVolumes: [
          { name: 'tokens', secret: { secretName: 'probe-tokens' } },
          { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
        ],
        extraVolumeMounts: [
          { name: 'tokens', mountPath: '/run/tokens', readOnly: true },
          { name: 'tmp', mountPath: '/tmp' },
        ],
        serviceAccount: {
          name: 'probes',
          annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::123456789012:role/probes' },
        },
        egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [{ port: 443, protocol: 'TCP' }] }],
      },
      mysql: {
        nodeSelector: { disk: 'ssd' },
        serviceAccount: { create: false },
        priorityClassName: 'high',
        podAnnotations: { backup: 'yes' },
      },
    },
    outside: { secrets: { 'cloud-login': [], 'probe-tokens': [] }, serviceAccounts: ['web'] },
    egress: { port: 443 },
    images: {
      portal: `registry.example.org/team/portal@sha256:${'0123456789abcdef'.repeat(4)}`,
      hardware: 'registry.example.org/team/hardware-tools:20261129',
    },
  },
  'it counts its cluster': {
    values: {
      hardware: {
        clusterReader: { enabled: true },
        egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [{ port: 443, protocol: 'TCP' }] }],
        serviceAccount: { annotations: { owner: 'hpc' } },
      },
      config: { probes: [{ name: 'k8s', kind: 'kubernetes', match: { provider: 'our-k8s' }, discover: true }] },
    },
    outside: { configMaps: { 'kube-root-ca.crt': ['ca.crt'] } },
    egress: { port: 443 },
    reader: true,
  },
  'it counts its cluster, with a long name and an account of its own': {
    release: 'a-team.with-a-very-long-name-for-its-hardware-service',
    values: { hardware: { clusterReader: { enabled: true }, serviceAccount: { create: false, name: 'counter' } } },
    outside: { configMaps: { 'kube-root-ca.crt': ['ca.crt'] }, serviceAccounts: ['counter'] },
    reader: true,
  },
  'no network policies': { values: { networkPolicy: { enabled: false } } },
  'narrow network policies': {
    values: {
      networkPolicy: {
        portalFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gateways' } } }],
        metricsFrom: [],
        dns: { to: [{ ipBlock: { cidr: '169.254.20.10/32' } }], port: 5353 },
      },
    },
    doors: ['gateway'],
  },
  'names looked up anywhere': { values: { networkPolicy: { dns: { to: null } } } },
  'a trial without a disk, of MariaDB': {
    values: {
      mysql: {
        image: { repository: 'docker.io/library/mariadb', tag: '11.4' },
        persistence: { kind: 'emptyDir', size: '2Gi' },
        extraArgs: ['--max-connections=500'],
      },
    },
    storage: 'emptyDir',
    images: { mysql: 'docker.io/library/mariadb:11.4' },
  },
  'a disk of a class': {
    values: {
      mysql: {
        image: { digest: `sha256:${'ab'.repeat(32)}` },
        persistence: { kind: 'claim', storageClass: 'fast', size: '50Gi', accessModes: ['ReadWriteOncePod'] },
      },
    },
    images: { mysql: `mysql@sha256:${'ab'.repeat(32)}` },
  },
  'users that the cluster gives (OpenShift)': {
    values: {
      podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null },
      mysql: { podSecurityContext: { runAsUser: null, runAsGroup: null, fsGroup: null } },
    },
  },
  'values that are null': {
    values: {
      nameOverride: null,
      commonLabels: null,
      image: { registry: null, pullSecrets: null },
      config: { probes: null, profiles: null, sets: null, alerts: null },
      portal: {
        affinity: null,
        tolerations: null,
        nodeSelector: null,
        podAnnotations: null,
        extraEnv: null,
        topologySpreadConstraints: null,
        image: { tag: null, digest: null },
        service: { annotations: null, externalTrafficPolicy: null },
      },
      mysql: { extraArgs: null, persistence: { storageClass: null } },
      hardware: { egress: null },
      monitoring: { labels: null },
      externalDatabase: { to: null },
    },
  },
  'an upgrade without a hook': { values: { migrate: { hook: false } }, args: ['--is-upgrade'] },
  'numbers for texts': {
    values: { image: { tag: 20261129 }, portal: { podAnnotations: { build: 20261129, ratio: 0.5, on: true } } },
    annotations: { build: '20261129', ratio: '0.5', on: 'true' },
    images: { portal: 'vacancy/portal:20261129', hardware: 'vacancy/hardware:20261129' },
  },
  'a rich configuration': {
    values: {
      config: {
        log_level: 'debug',
        threads: 8,
        drain_timeout: '3s',
        admin: { max_connections: 100 },
        portal: { allow_origin: '', public_url: 'https://vacancy.example.org', http: { max_connections: 30000, max_body_bytes: 2097152 } },
        hardware: { lease: '30s', database_connections: 8, history: { hours: '30d', days: '0s' } },
        profiles: ['Amazon/c5', { provider: 'a/b', name: 'c' }],
        probes: [
          { name: 'cluster', kind: 'slurm', match: { provider: 'our-cluster' }, discover: true, ttl: '30s', timeout: '15s' },
          {
            name: 'cloud',
            kind: 'http',
            match: { provider: 'our-cloud' },
            url: 'https://capacity.example.org/{name}',
            ttl: '5m',
            budget: ['60/1h'],
            pointers: { free: '/a' },
          },
          { name: 'simulated', duration: '1s', seed: 7 },
        ],
        sets: { 'cfd-large': ['Amazon/hpc7a', 'Azure/*'], 'ml.2': ['a?b/c'] },
        alerts: {
          time_zone: 'Europe/Berlin',
          quiet_hours: ['22:00-07:00'],
          receivers: [{ name: 'hook', url_file: '/run/secrets/url' }],
          rules: [{ name: 'left', when: { set: 'cfd-large' } }, { name: 'blind', when: { blind: 'clou*' }, for: '5m' }],
        },
      },
      lameDuckSeconds: 15,
      terminationGracePeriodSeconds: 45,
    },
    lameDuck: 15,
  },
};
