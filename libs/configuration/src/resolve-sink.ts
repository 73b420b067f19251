import { dirname, resolve } from 'node:path';
import type { SinkDocument, SinkTarget } from '@drawbridge/contracts';
import type { Entry } from './entry.js';

/** As `resolveIssuer`. */
export function resolveSink({ document, parsed }: Entry<SinkDocument>): SinkDocument {
  const from = dirname(parsed.source.file);
  return {
    ...document,
    spec: { ...document.spec, to: withFiles(document.spec.to, (path) => resolve(from, path)) },
  };
}

/** Every file that a target names, by its field. */
export function sinkFiles(target: SinkTarget): Readonly<Record<string, string>> {
  const files: [string, string][] = [];
  const named = Object.entries(target).filter(([field]) => field.endsWith('File'));
  for (const [field, file] of named) if (typeof file === 'string') files.push([field, file]);
  if (target.type === 'otlp') {
    target.headers.forEach(({ valueFile }, index) =>
      files.push([`headers[${index}].valueFile`, valueFile]),
    );
  }
  return Object.fromEntries(files.map(([field, file]) => [`to.${field}`, file]));
}

function withFiles(target: SinkTarget, absolute: (path: string) => string): SinkTarget {
  const file = (field: string, path: string | undefined) =>
    path === undefined ? {} : { [field]: absolute(path) };
  const authority = file('certificateAuthorityFile', target.certificateAuthorityFile);
  switch (target.type) {
    case 'otlp':
      return {
        ...target,
        ...authority,
        ...file('clientCertificateFile', target.clientCertificateFile),
        ...file('clientKeyFile', target.clientKeyFile),
        headers: target.headers.map(({ name, valueFile }) => ({
          name,
          valueFile: absolute(valueFile),
        })),
      };
    case 'syslog':
      return {
        ...target,
        ...authority,
        ...file('clientCertificateFile', target.clientCertificateFile),
        ...file('clientKeyFile', target.clientKeyFile),
      };
    case 's3':
      return {
        ...target,
        ...authority,
        ...file('accessKeyIdFile', target.accessKeyIdFile),
        ...file('secretAccessKeyFile', target.secretAccessKeyFile),
      };
  }
}
