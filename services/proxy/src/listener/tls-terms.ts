/** Forward secrecy and AEAD only; of equals the one that costs least on machines with AES in hardware. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/**
 * What holds for every handshake, whatever the certificate. Node forgets all of it when a server gets another
 * certificate, unless it is said again.
 */
export const tlsTerms = {
  minVersion: 'TLSv1.2',
  ciphers: CIPHERS,
  sessionIdContext: 'drawbridge',
  sessionTimeout: 3_600,
} as const;
