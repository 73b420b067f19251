import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import {
  codePage,
  confirmPage,
  donePage,
  forgottenPage,
  stoppedPage,
  type CodeProblem,
  type DeviceForm,
} from './pages.js';

type DeviceFlow = NonNullable<NonNullable<Configuration['features']>['deviceFlow']>;

/** The pages of the device flow, in place of oidc-provider's own, which need inline scripts. */
export const deviceFlow: DeviceFlow = {
  enabled: true,
  userCodeInputSource: async (...[ctx, , , error]) => {
    show(ctx, error === undefined ? codePage(formOf(ctx)) : await failurePage(ctx, error));
  },
  userCodeConfirmSource: (...[ctx, , client, , userCode]) => {
    show(ctx, confirmPage(formOf(ctx), { userCode, clientName: nameOf(client) }));
  },
  successSource: async (ctx) => {
    // Everybody is asked who they are every time, so there is no session to keep; and with one the next
    // person in this browser would be led through oidc-provider's logout page, which needs a script.
    await ctx.oidc.session?.destroy();
    show(ctx, donePage());
  },
};

function show(ctx: KoaContextWithOIDC, page: string): void {
  ctx.set('cache-control', 'no-store');
  ctx.body = page;
}

async function failurePage(ctx: KoaContextWithOIDC, error: Error): Promise<string> {
  if (error.name === 'AbortedError') return stoppedPage();
  const { session } = ctx.oidc;
  if (session?.exp !== undefined) return codePage(formOf(ctx), problemOf(error));
  // A browser that sent no session, or one of before a restart. oidc-provider would save what it never
  // stored, and fail with status 500; a form of this answer would lead here again.
  await session?.destroy();
  return forgottenPage(formOf(ctx).action);
}

/**
 * Middleware: a link that carries its code leads to the question whether the code is the right one.
 * oidc-provider answers with a form that a script must send. Only a code that is waiting is shown: what
 * else a link holds never gets onto the page.
 */
export async function showLinkedCode(
  ctx: KoaContextWithOIDC,
  next: () => Promise<void>,
): Promise<void> {
  await next();
  if (!leadsToCodePage(ctx)) return;
  const linked = ctx.oidc.params?.['user_code'];
  if (linked !== undefined) show(ctx, await linkedCodePage(ctx, linked));
}

/** `oidc` is absent where oidc-provider knew no route. */
const leadsToCodePage = ({ method, oidc }: Partial<KoaContextWithOIDC>): boolean =>
  method === 'GET' && oidc?.route === 'code_verification';

async function linkedCodePage(ctx: KoaContextWithOIDC, linked: unknown): Promise<string> {
  const { DeviceCode, Client } = ctx.oidc.provider;
  const code =
    typeof linked === 'string' ? await DeviceCode.findByUserCode(normalised(linked)) : undefined;
  const client = await Client.find(String(code?.clientId));
  if (code === undefined || client === undefined) return codePage(formOf(ctx), 'unknown');
  const used = code.error !== undefined || code.accountId !== undefined || code.inFlight === true;
  if (used) return codePage(formOf(ctx), 'used');
  const userCode = code.userCode.replace(/(?<=^.{4})/, '-');
  return confirmPage(formOf(ctx), { userCode, clientName: nameOf(client) });
}

const nameOf = ({ clientName, clientId }: { clientName?: string | undefined; clientId: string }) =>
  clientName ?? clientId;

/** As oidc-provider compares codes: without the hyphen, in capitals. */
const normalised = (userCode: string): string => userCode.toUpperCase().replace(/\W/g, '');

function formOf({ oidc }: KoaContextWithOIDC): DeviceForm {
  const { pathname } = new URL(oidc.urlFor('code_verification'));
  return { action: pathname, xsrf: String(oidc.session?.state?.['secret']) };
}

const problemNames: Readonly<Record<string, CodeProblem>> = {
  NoCodeError: 'missing',
  NotFoundError: 'unknown',
  ExpiredError: 'expired',
  AlreadyUsedError: 'used',
};

const problemOf = ({ name }: Error): CodeProblem => problemNames[name] ?? 'refused';
