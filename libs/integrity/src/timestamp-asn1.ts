import {
  AsnArray,
  AsnIntegerArrayBufferConverter,
  AsnProp,
  AsnPropTypes,
  AsnType,
  AsnTypeTypes,
  OctetString,
} from '@peculiar/asn1-schema';
import { ContentInfo } from '@peculiar/asn1-cms';
import { AlgorithmIdentifier } from '@peculiar/asn1-x509';

/** What a time stamper reads and writes: the ASN.1 of RFC 3161, of which we use all but extensions. */

/** `MessageImprint` */
export class MessageImprint {
  @AsnProp({ type: AlgorithmIdentifier })
  hashAlgorithm = new AlgorithmIdentifier();

  @AsnProp({ type: OctetString })
  hashedMessage = new OctetString();
}

/** `TimeStampReq`, without a policy and extensions. */
export class TimeStampReq {
  @AsnProp({ type: AsnPropTypes.Integer })
  version = 1;

  @AsnProp({ type: MessageImprint })
  messageImprint = new MessageImprint();

  @AsnProp({ type: AsnPropTypes.Integer, converter: AsnIntegerArrayBufferConverter })
  nonce = new ArrayBuffer(0);

  @AsnProp({ type: AsnPropTypes.Boolean })
  certReq = true;
}

@AsnType({ type: AsnTypeTypes.Sequence, itemType: AsnPropTypes.Utf8String })
export class PkiFreeText extends AsnArray<string> {}

/** `PKIStatusInfo` of RFC 4210. */
export class PkiStatusInfo {
  @AsnProp({ type: AsnPropTypes.Integer })
  status = 0;

  @AsnProp({ type: PkiFreeText, optional: true })
  statusString?: PkiFreeText;

  @AsnProp({ type: AsnPropTypes.Any, optional: true })
  failInfo?: ArrayBuffer;
}

/** `TimeStampResp` */
export class TimeStampResp {
  @AsnProp({ type: PkiStatusInfo })
  status = new PkiStatusInfo();

  @AsnProp({ type: ContentInfo, optional: true })
  timeStampToken?: ContentInfo;
}

/** `Accuracy` */
export class Accuracy {
  @AsnProp({ type: AsnPropTypes.Integer, optional: true })
  seconds?: number;

  @AsnProp({ type: AsnPropTypes.Integer, context: 0, implicit: true, optional: true })
  millis?: number;

  @AsnProp({ type: AsnPropTypes.Integer, context: 1, implicit: true, optional: true })
  micros?: number;
}

/** `TSTInfo` */
export class TstInfo {
  @AsnProp({ type: AsnPropTypes.Integer })
  version = 1;

  @AsnProp({ type: AsnPropTypes.ObjectIdentifier })
  policy = '';

  @AsnProp({ type: MessageImprint })
  messageImprint = new MessageImprint();

  @AsnProp({ type: AsnPropTypes.Integer, converter: AsnIntegerArrayBufferConverter })
  serialNumber = new ArrayBuffer(0);

  @AsnProp({ type: AsnPropTypes.GeneralizedTime })
  genTime = new Date(0);

  @AsnProp({ type: Accuracy, optional: true })
  accuracy?: Accuracy;

  @AsnProp({ type: AsnPropTypes.Boolean, defaultValue: false })
  ordering = false;

  @AsnProp({
    type: AsnPropTypes.Integer,
    converter: AsnIntegerArrayBufferConverter,
    optional: true,
  })
  nonce?: ArrayBuffer;

  @AsnProp({ type: AsnPropTypes.Any, context: 0, optional: true })
  tsa?: ArrayBuffer;

  @AsnProp({ type: AsnPropTypes.Any, context: 1, implicit: true, optional: true })
  extensions?: ArrayBuffer;
}

/** `ESSCertID` of RFC 2634, and `ESSCertIDv2` of RFC 5035 when there is an algorithm. */
export class EssCertId {
  @AsnProp({ type: AlgorithmIdentifier, optional: true })
  hashAlgorithm?: AlgorithmIdentifier;

  @AsnProp({ type: OctetString })
  certHash = new OctetString();

  @AsnProp({ type: AsnPropTypes.Any, optional: true })
  issuerSerial?: ArrayBuffer;
}

@AsnType({ type: AsnTypeTypes.Sequence, itemType: EssCertId })
export class EssCertIds extends AsnArray<EssCertId> {}

/** `SigningCertificate`, and `SigningCertificateV2`. */
export class SigningCertificate {
  @AsnProp({ type: EssCertIds })
  certs = new EssCertIds();

  @AsnProp({ type: AsnPropTypes.Any, optional: true })
  policies?: ArrayBuffer;
}
