import { Controller, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { RequestId } from '@drawbridge/contracts';
import { problemOf, requestIdOf } from '@drawbridge/runtime';
import type { Request, Response } from 'express';
import {
  approvedPage,
  confirmPage,
  issuersPage,
  knownPage,
  refusalPage,
} from '../step-up/pages.js';
import { pageHeaders } from '../step-up/page.js';
import { STEP_UP_DESK, type StepUpDesk } from '../step-up/start-step-up.js';
import { StepUpFailed, stateInvalid } from '../step-up/step-up-failed.js';

/** `__Host-`: no other host, and no page without TLS, can have set it. */
const COOKIE = '__Host-drawbridge-step-up';
const COOKIE_ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax';
const MAX_COOKIE_SECONDS = 600;

/** Approving in a browser after a fresh login. Every answer is a page for a human. */
@Controller('v1/step-up')
export class StepUpController {
  constructor(@Inject(STEP_UP_DESK) private readonly desk: StepUpDesk) {}

  @Get('callback')
  async callback(@Req() request: Request, @Res() response: Response): Promise<void> {
    const again = () => this.desk.stepUp.requestOf(cookieOf(request));
    await this.answer(response, again, async () => {
      const cookie = cookieOf(request);
      const { search } = new URL(request.originalUrl, 'http://localhost');
      const asked = await this.desk.stepUp.finish(cookie, search, requestIdOf(request));
      if (asked === 'known') return knownPage();
      setCookie(response, asked.cookie);
      return confirmPage(asked);
    });
  }

  @Get(':id')
  async start(
    @Req() request: Request,
    @Res() response: Response,
    @Param('id') id: string,
  ): Promise<void> {
    await this.answer(response, nowhere, async () => {
      const { issuer } = request.query;
      const begun = await this.desk.stepUp.begin(
        requestIdIn(id),
        typeof issuer === 'string' ? issuer : undefined,
      );
      if (!('location' in begun)) return issuersPage(id, begun);
      setCookie(response, begun.cookie);
      response.setHeader('Location', begun.location).status(302);
      return '';
    });
  }

  @Post('confirm')
  @HttpCode(200)
  async confirm(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.answer(response, nowhere, async () => {
      const cookie = cookieOf(request);
      // Whatever becomes of it, this login is used up.
      setCookie(response, undefined);
      const sealed = sealedIn(request.body);
      return approvedPage(await this.desk.stepUp.confirm(cookie, sealed, requestIdOf(request)));
    });
  }

  /** @param again - the request to log in for once more, where that is known */
  private async answer(
    response: Response,
    again: () => Promise<string | undefined>,
    page: () => Promise<string>,
  ): Promise<void> {
    try {
      send(response, await page());
    } catch (error) {
      const { code, detail, status } = problemOf(error, this.desk.statuses);
      if (code === 'internal_error') throw error;
      if (status >= 500) this.desk.logger.warn({ msg: 'no fresh login', code, why: whyOf(error) });
      // A browser has no use for a challenge.
      response.status(status === 401 ? 403 : status);
      const requestId = canMend.has(code) ? await again() : undefined;
      send(response, refusalPage({ code, message: detail, again: requestId }));
    }
  }
}

/** Where another login can make it good. */
const canMend: ReadonlySet<string> = new Set([
  'step_up_too_old',
  'step_up_too_weak',
  'step_up_login_failed',
  'issuer_unavailable',
]);

const nowhere = () => Promise.resolve(undefined);

/** Only what the library says in short: errors of its may hold requests and answers. */
function whyOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? cause.message : 'unknown';
}

function send(response: Response, page: string): void {
  for (const [name, value] of Object.entries(pageHeaders)) response.setHeader(name, value);
  response.end(page);
}

function requestIdIn(id: string): string {
  if (RequestId.safeParse(id).success) return id;
  throw new StepUpFailed('step_up_state_invalid', 'this link is not whole; open it again');
}

function setCookie(response: Response, value: string | undefined): void {
  const life = value === undefined ? 0 : MAX_COOKIE_SECONDS;
  response.setHeader(
    'Set-Cookie',
    `${COOKIE}=${value ?? ''}; Max-Age=${life}; ${COOKIE_ATTRIBUTES}`,
  );
}

function sealedIn(body: unknown): string {
  const form = new URLSearchParams(body instanceof Buffer ? body.toString('utf8') : '');
  const values = form.getAll('sealed');
  const [only] = values;
  if (only === undefined || values.length > 1) throw stateInvalid();
  return only;
}

/** The one cookie of ours; two of them are none. */
function cookieOf({ headers }: Request): string {
  const values = (headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${COOKIE}=`));
  const [only] = values;
  if (only === undefined || values.length > 1) throw stateInvalid();
  return only.slice(COOKIE.length + 1);
}
