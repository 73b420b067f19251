import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterCredential } from '@drawbridge/contracts';
import type { Configuration, ConfigurationKind, ConfigurationProblem } from './configuration.js';
import { ConfigurationError } from './configuration-error.js';
import { loadConfiguration } from './load-configuration.js';
import { sinkFiles } from './resolve-sink.js';

/** What is to be said about a configuration directory before anything runs on it. */
export type ConfigurationReport =
  | {
      readonly valid: true;
      readonly version: string;
      readonly documents: Readonly<Record<ConfigurationKind, number>>;
      readonly warnings: readonly ConfigurationProblem[];
    }
  | { readonly valid: false; readonly problems: readonly ConfigurationProblem[] };

/**
 * Judges a configuration directory as every service together would, and warns of files that it names and
 * this process cannot read. Never throws for what is in the directory.
 */
export async function checkConfiguration(directory: string): Promise<ConfigurationReport> {
  try {
    const configuration = await loadConfiguration(directory);
    const warnings = [...configuration.warnings, ...(await unreadableFiles(configuration))];
    const { version } = configuration;
    return { valid: true, version, documents: countDocuments(configuration), warnings };
  } catch (error) {
    if (error instanceof ConfigurationError) return { valid: false, problems: error.problems };
    throw error;
  }
}

function countDocuments(configuration: Configuration): Record<ConfigurationKind, number> {
  return {
    Issuer: configuration.issuers.length,
    Human: configuration.humans.length,
    Action: configuration.actions.length,
    Connection: configuration.connections.length,
    Policy: configuration.policies.length,
    Guardrail: configuration.guardrails.length,
    Schedule: configuration.schedules.length,
    Risk: configuration.risks.length,
    Webhook: configuration.webhooks.length,
    Routing: configuration.routings.length,
    Sink: configuration.sinks.length,
  };
}

async function unreadableFiles({
  issuers,
  connections,
  webhooks,
  sinks,
}: Configuration): Promise<ConfigurationProblem[]> {
  const named = [
    ...issuers.map(({ source, spec }) => ({
      source,
      files: {
        certificateAuthorityFile: spec.certificateAuthorityFile,
        'login.web.clientSecretFile': spec.login?.web?.clientSecretFile,
      },
    })),
    ...webhooks.map(({ source, spec }) => {
      const { secretFile, formerSecretFile, certificateAuthorityFile, inbound } = spec;
      const { ticketState } = spec;
      const ofCallbacks = {
        'inbound.secretFile': inbound?.secretFile,
        'inbound.formerSecretFile': inbound?.formerSecretFile,
        'ticketState.tokenFile': ticketState?.tokenFile,
        'ticketState.certificateAuthorityFile': ticketState?.certificateAuthorityFile,
      };
      return {
        source,
        files: { secretFile, formerSecretFile, certificateAuthorityFile, ...ofCallbacks },
      };
    }),
    ...connections.map(({ source, spec: { certificateAuthorityFile, credential } }) => ({
      source,
      files: { certificateAuthorityFile, ...credentialFiles(credential) },
    })),
    ...sinks.map(({ source, spec }) => ({ source, files: sinkFiles(spec.to) })),
  ].flatMap(({ source, files }) =>
    Object.entries(files).map(([field, file]) => ({ source, field: `spec.${field}`, file })),
  );
  const checked = await Promise.all(
    named.map(async ({ source, field, file }) =>
      file === undefined || (await isReadable(file))
        ? []
        : [{ ...source, field, message: 'names a file that cannot be read here' }],
    ),
  );
  return checked.flat();
}

function credentialFiles(credential: ClusterCredential): Record<string, string | undefined> {
  switch (credential.type) {
    case 'bearerToken':
      return { 'credential.file': credential.file };
    case 'clientCertificate':
      return {
        'credential.certificate.file': credential.certificate.file,
        'credential.key.file': credential.key.file,
      };
    case 'exec':
      return { 'credential.command': credential.command };
    case 'serviceAccount':
      return { 'credential.directory': join(credential.directory, 'token') };
    case 'eks':
      return {};
  }
}

async function isReadable(file: string): Promise<boolean> {
  try {
    await access(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
