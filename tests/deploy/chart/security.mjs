// The rights of a pod: the restricted profile of Kubernetes' pod security standards, and more that is expected here.

import { containersOf, find, podsOf, same } from './objects.mjs';

const VOLUMES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];
const QUANTITY = /^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/;

function podProblems(pod, given) {
  const { spec } = pod;
  const { securityContext: context = {} } = spec;
  const wrong = [];
  if (context.runAsNonRoot !== true) wrong.push('runAsNonRoot is not true');
  if (context.runAsUser === 0) wrong.push('it runs as root');
  if (context.seccompProfile?.type !== 'RuntimeDefault') wrong.push('seccompProfile is not RuntimeDefault');
  if (context.sysctls || context.seLinuxOptions || context.windowsOptions)
    wrong.push('its security context has more than it needs');
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC', 'hostUsers']) if (key in spec) wrong.push(`it has ${key}`);
  if (spec.automountServiceAccountToken !== false) wrong.push('it is given a token of the service account');
  if (spec.enableServiceLinks !== false) wrong.push('enableServiceLinks is not false');
  if (!(spec.terminationGracePeriodSeconds > 0)) wrong.push('no terminationGracePeriodSeconds');
  for (const volume of spec.volumes ?? [])
    for (const kind of Object.keys(volume).filter(key => key !== 'name' && !VOLUMES.includes(key)))
      wrong.push(`volume ${volume.name} is a ${kind}`);
  for (const volume of spec.volumes?.filter(({ name }) => !given.includes(name)) ?? []) {
    if (Object.keys(volume).length !== 2) wrong.push(`volume ${volume.name} is not of one kind`);
    if (volume.emptyDir && !volume.emptyDir.sizeLimit) wrong.push(`volume ${volume.name} may fill the node`);
    const secret = [volume, ...(volume.projected?.sources ?? [])].some(source => source.secret);
    const mode = (volume.secret ?? volume.projected)?.defaultMode;
    if (secret && volume.name !== 'database-ca' && mode !== 0o440)
      wrong.push(`volume ${volume.name}: the secrets' mode is ${mode}`);
  }
  return wrong;
}

function containerProblems(container, image, pullPolicy) {
  const { securityContext: context = {}, resources = {} } = container;
  const wrong = [];
  if (context.allowPrivilegeEscalation !== false) wrong.push('allowPrivilegeEscalation is not false');
  if (context.readOnlyRootFilesystem !== true) wrong.push('readOnlyRootFilesystem is not true');
  if (!context.capabilities?.drop?.includes('ALL')) wrong.push('it does not drop ALL capabilities');
  if (context.capabilities?.add) wrong.push('it adds capabilities');
  if (
    context.privileged ||
    context.runAsUser === 0 ||
    context.runAsNonRoot === false ||
    context.procMount ||
    context.seccompProfile?.type === 'Unconfined'
  )
    wrong.push("its security context takes back what the pod's says");
  if (container.ports?.some(port => port.hostPort)) wrong.push('it has a hostPort');
  for (const [kind, what] of [
    ['requests', 'cpu'],
    ['requests', 'memory'],
    ['limits', 'memory'],
  ])
    if (!QUANTITY.test(resources[kind]?.[what])) wrong.push(`resources.${kind}.${what} is ${resources[kind]?.[what]}`);
  if (container.image !== image) wrong.push(`the image is ${container.image}, not ${image}`);
  if (!/(:[\w][\w.-]*|@sha256:[0-9a-f]{64})$/.test(container.image ?? '') || /:latest$/.test(container.image))
    wrong.push(`the image ${container.image} is not pinned`);
  if (container.imagePullPolicy !== pullPolicy) wrong.push(`imagePullPolicy is ${container.imagePullPolicy}`);
  return wrong;
}

/** The users of the images. Files of Secrets are the group's: without it a program that is not root cannot read them. */
function userProblems(pod, one) {
  const { [pod.component]: { podSecurityContext: own } = {}, podSecurityContext: common } = one.values ?? {};
  const [user, given] = pod.component === 'mysql' ? [999, own] : [10001, common];
  const { runAsUser, runAsGroup, fsGroup } = pod.spec.securityContext ?? {};
  return [
    ...(given?.runAsUser !== null && runAsUser !== user ? [`it runs as user ${runAsUser}, not ${user}`] : []),
    ...(given?.runAsGroup !== null && runAsGroup !== user ? [`it runs as group ${runAsGroup}, not ${user}`] : []),
    ...(given?.fsGroup !== null && fsGroup !== user ? [`fsGroup is ${fsGroup}, so it could not read its secrets`] : []),
  ];
}

/** The images by component, for this version of the chart. */
function imagesOf(one, version) {
  const images = {
    portal: `vacancy/portal:${version}`,
    hardware: `vacancy/hardware:${version}`,
    mysql: 'mysql:8.4',
    ...one.images,
  };
  return { ...images, migrate: images.hardware, test: images.portal, directory: images.mysql };
}

function accountProblems(pod, objects, one) {
  const name = pod.spec.serviceAccountName;
  if (name === 'default' || one.outside?.serviceAccounts?.includes(name)) return [];
  const account = find(objects, 'ServiceAccount', name);
  if (!account) return [`there is no service account ${name}`];
  return account.automountServiceAccountToken === false ? [] : [`the service account ${name} gives its pods a token`];
}

/** Who may ask the cluster, and for what: nobody, unless the case has a reader. Its one container gets the token. */
function rightsProblems(objects, one) {
  const rights = objects.filter(({ kind }) => /Role/.test(kind));
  const tokens = podsOf(objects).flatMap(pod =>
    (pod.spec.volumes ?? [])
      .filter(volume => volume.projected?.sources?.some(source => source.serviceAccountToken))
      .flatMap(({ name }) =>
        containersOf(pod)
          .filter(container => container.volumeMounts?.some(mount => mount.name === name))
          .map(container => `${pod.component}/${container.name}`),
      ),
  );
  const wanted = one.reader ? ['hardware/hardware'] : [];
  const wrong = same(tokens, wanted) ? [] : [`a token of the service account is given to ${tokens.join(', ') || 'nobody'}`];
  if (!one.reader) return [...wrong, ...rights.map(({ kind, metadata }) => `${kind}/${metadata.name}: nobody asked for it`)];
  const [role, binding] = ['ClusterRole', 'ClusterRoleBinding'].map(kind => rights.find(object => object.kind === kind));
  if (rights.length !== 2 || !role || !binding) return [...wrong, 'there is not exactly one ClusterRole with its binding'];
  if (!same(role.rules, [{ apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['get', 'list'] }]))
    wrong.push('the ClusterRole is not that of docs/probes.md');
  const { serviceAccountName: name } = podsOf(objects).find(({ component }) => component === 'hardware').spec;
  if (!same(binding.subjects, [{ kind: 'ServiceAccount', name, namespace: 'apps' }])) wrong.push('others are bound to the ClusterRole');
  const { kind, name: bound } = binding.roleRef;
  return kind === 'ClusterRole' && bound === role.metadata.name ? wrong : [...wrong, 'the binding is of another ClusterRole'];
}

export function securityProblems(objects, one, version) {
  const images = imagesOf(one, version);
  const pullPolicy = one.values?.image?.pullPolicy ?? 'IfNotPresent';
  const ofPods = podsOf(objects).flatMap(pod => [
    ...podProblems(
      pod,
      (one.values?.[pod.component]?.extraVolumes ?? []).map(({ name }) => name),
    ).map(text => `${pod.component}: ${text}`),
    ...userProblems(pod, one).map(text => `${pod.component}: ${text}`),
    ...accountProblems(pod, objects, one).map(text => `${pod.component}: ${text}`),
    ...containersOf(pod).flatMap(container =>
      containerProblems(container, images[container.name] ?? images[pod.component], pullPolicy).map(
        text => `${pod.component}/${container.name}: ${text}`,
      ),
    ),
  ]);
  return [...ofPods, ...rightsProblems(objects, one)];
}
