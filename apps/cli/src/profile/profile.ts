import { z } from 'zod';

/** How a profile gets its tokens. Holds no secret: only where one is. */
export const Login = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('agent'),
    issuer: z.url(),
    clientId: z.string().min(1),
    /** File with the client secret; absent: the environment variable DRAWBRIDGE_CLIENT_SECRET. */
    clientSecretFile: z.string().min(1).optional(),
    scope: z.string().optional(),
  }),
  z.strictObject({
    type: z.literal('human'),
    issuer: z.url(),
    clientId: z.string().min(1),
    scope: z.string().optional(),
  }),
  /** A file that something else keeps filled, such as a projected service account token. */
  z.strictObject({ type: z.literal('tokenFile'), file: z.string().min(1) }),
]);
export type Login = z.infer<typeof Login>;

/** What `drawbridge login` remembers. */
export const Profile = z.strictObject({
  /** Address of the ingress. */
  server: z.url(),
  /** PEM, for an ingress and issuer with a private certificate authority. */
  certificateAuthorityFile: z.string().min(1).optional(),
  login: Login.optional(),
});
export type Profile = z.infer<typeof Profile>;
