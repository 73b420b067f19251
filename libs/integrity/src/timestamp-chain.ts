import { X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate } from '@peculiar/asn1-x509';
import { TimestampRefused } from './timestamp-refused.js';

const ID_EXTENDED_KEY_USAGE = '2.5.29.37';
const ID_KEY_USAGE = '2.5.29.15';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';

export interface Vouched {
  readonly signer: X509Certificate;
  /** That may stand between. */
  readonly others: readonly X509Certificate[];
  /** PEM, one or more. */
  readonly roots: string;
  readonly at: Date;
}

/**
 * Whether a certificate that is trusted vouches for a time stamper, each in the chain at the time `at`. The time stamper's
 * own must be for timestamps and nothing else, as RFC 3161, section 2.3 has it.
 *
 * @throws TimestampRefused `timestamp_untrusted`
 */
export function requireTrusted({ signer, others, roots, at }: Vouched): void {
  if (!isForTimestamps(signer)) {
    throw untrusted('its certificate is not for timestamps alone');
  }
  const trusted = rootsOf(roots);
  // Each is asked once: certificates that vouch for each other in circles keep nobody busy.
  const asked = new Set<X509Certificate>();
  const isVouchedFor = (one: X509Certificate): boolean => {
    if (asked.has(one) || !isValid(one, at)) return false;
    asked.add(one);
    if (trusted.some((root) => root.raw.equals(one.raw))) return true;
    return [...trusted, ...others].some(
      (issuer) => isIssuedBy(one, issuer) && isVouchedFor(issuer),
    );
  };
  if (!isVouchedFor(signer)) throw untrusted('no trusted certificate vouches for it at its time');
}

/**
 * The certificates of a PEM.
 *
 * @throws TimestampRefused `timestamp_untrusted` when there is none
 */
export function rootsOf(pem: string): readonly X509Certificate[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    if (found.length > 0) return found.map((one) => new X509Certificate(one));
  } catch {
    // As when there is none.
  }
  throw untrusted('expected certificates in PEM to trust');
}

function isForTimestamps(certificate: X509Certificate): boolean {
  const { tbsCertificate } = AsnConvert.parse(certificate.raw, Certificate);
  const usage = tbsCertificate.extensions?.find(({ extnID }) => extnID === ID_EXTENDED_KEY_USAGE);
  const only = (certificate.keyUsage as string[] | undefined) ?? [];
  return usage?.critical === true && only.length === 1 && only[0] === TIME_STAMPING;
}

function isIssuedBy(one: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && maySign(issuer) && one.checkIssued(issuer) && one.verify(issuer.publicKey);
}

/** A certificate that says what its key is for must say that it is for certificates. */
function maySign(issuer: X509Certificate): boolean {
  const { tbsCertificate } = AsnConvert.parse(issuer.raw, Certificate);
  const usage = tbsCertificate.extensions?.find(({ extnID }) => extnID === ID_KEY_USAGE);
  if (usage === undefined) return true;
  // A BIT STRING: how many bits of the last byte are none, then the bits; keyCertSign is the sixth.
  const [, , , bits = 0] = Buffer.from(usage.extnValue.buffer);
  return (bits & 0x04) !== 0;
}

const isValid = ({ validFromDate, validToDate }: X509Certificate, at: Date): boolean =>
  validFromDate <= at && at <= validToDate;

const untrusted = (why: string) =>
  new TimestampRefused('timestamp_untrusted', `the time stamper is not trusted: ${why}`);
