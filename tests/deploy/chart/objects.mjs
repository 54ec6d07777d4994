// Finds things in the objects of a rendering.

export const COMPONENT = 'app.kubernetes.io/component';
export const WORKLOADS = ['Deployment', 'StatefulSet', 'Job', 'Pod'];

/** The pods that the objects make: each with its labels, annotations and spec. */
export function podsOf(objects) {
  return objects
    .filter(object => WORKLOADS.includes(object.kind))
    .map(owner => {
      const { metadata = {}, spec } = owner.kind === 'Pod' ? owner : owner.spec.template;
      return {
        owner,
        spec,
        labels: metadata.labels ?? {},
        annotations: metadata.annotations ?? {},
        component: metadata.labels?.[COMPONENT] ?? owner.metadata.name,
      };
    });
}

export const containersOf = pod => [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])];

/** What runs until somebody ends it, not what is done at some time. */
export const longRunning = objects => podsOf(objects).filter(({ owner }) => ['Deployment', 'StatefulSet'].includes(owner.kind));

export const ofKind = (objects, ...kinds) => objects.filter(object => kinds.includes(object.kind));

export const componentOf = object => object.metadata?.labels?.[COMPONENT];

export const find = (objects, kind, name) => objects.find(object => object.kind === kind && object.metadata.name === name);

export const isHook = object => object.metadata?.annotations?.['helm.sh/hook'] !== undefined;

export const same = (a, b) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map(key => [key, sorted(value[key])]),
  );
}
