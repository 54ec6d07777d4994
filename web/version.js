// A state of the world is named EPOCH-REVISION; revisions compare only within an epoch.

function parse(version) {
  const dash = version.lastIndexOf('-');
  return { epoch: version.slice(0, dash), revision: Number(version.slice(dash + 1)) };
}

export function sameEpoch(a, b) {
  return Boolean(a && b) && parse(a).epoch === parse(b).epoch;
}

export function older(a, b) {
  return sameEpoch(a, b) && parse(a).revision < parse(b).revision;
}
