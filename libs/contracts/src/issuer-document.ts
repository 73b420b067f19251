import { z } from 'zod';
import { document, filePath, label } from './document.js';
import { ClaimMapping, SigningAlgorithm } from './trust-bundle.js';

/** Client with which approvers log in afresh on the pages of approval. Its ID tokens are for it alone. */
const WebLogin = z
  .strictObject({
    clientId: z.string().min(1),
    clientSecretFile: filePath.optional().describe('Absent: a public client'),
    scope: z
      .string()
      .regex(/^openid( \S+)*$/, 'expected "openid" first')
      .default('openid')
      .describe('Must bring the claims of the mapping into the ID token'),
  })
  .describe('Redirect address: `<address of approval>/v1/step-up/callback`');

/** Where the issuer tells who is in which group now, whatever the tokens that it gave out say. */
const Directory = z
  .strictObject({
    url: z
      .url()
      .refine((url) => url.split('{subject}').length === 2, {
        message: 'expected "{subject}" once',
      })
      .describe(
        'Answers with JSON; `{subject}` is the subject of a token. 404: nobody of that name',
      ),
    groups: z
      .string()
      .regex(/^(\/([^~/]|~[01])*)+$/, 'expected a JSON pointer')
      .default('/groups')
      .describe('JSON pointer to an array of names; `*` is each entry of an array'),
    tokenFile: filePath.describe('Bearer token for the directory; read at each call'),
    refreshSeconds: z.int().min(5).max(3_600).default(30),
  })
  .describe('Asked about those who hold grants, wait for one, or approve what is open');

/** An OIDC issuer whose tokens are believed, and how its claims are read. Read by identity. */
export const IssuerDocument = document(
  'Issuer',
  label,
  z.strictObject({
    issuer: z
      .url()
      .describe('Exactly the `iss` of its tokens; metadata is discovered from here only'),
    audiences: z.array(z.string().min(1)).min(1).describe('A token must be for one of these'),
    algorithms: z.array(SigningAlgorithm).min(1).default(['RS256', 'ES256']),
    clockSkewSeconds: z.int().min(0).max(300).default(30),
    maxTokenAgeSeconds: z.int().min(60).optional(),
    authorizedParties: z.array(z.string().min(1)).min(1).optional(),
    claims: ClaimMapping,
    owners: z.record(z.string(), z.string()).default({}).describe('Owner by agent subject'),
    disabledSubjects: z.array(z.string()).default([]),
    jwksRefreshSeconds: z.int().min(5).max(86_400).default(300),
    certificateAuthorityFile: filePath.optional().describe('PEM; for an issuer with a private CA'),
    allowInsecureHttp: z
      .boolean()
      .default(false)
      .describe('Only for an issuer on a loopback address; refused for any other'),
    directory: Directory.optional(),
    login: z
      .strictObject({
        deviceClientId: z.string().min(1),
        scope: z.string().default('openid'),
        web: WebLogin.optional(),
      })
      .optional()
      .describe('Public client with which humans log in from a terminal'),
  }),
);
export type IssuerDocument = z.infer<typeof IssuerDocument>;
