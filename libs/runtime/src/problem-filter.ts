import {
  Catch,
  HttpException,
  NotFoundException,
  type ArgumentsHost,
  type ExceptionFilter,
  type LoggerService,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { throwError, type Observable } from 'rxjs';
import { allowedMethods } from './allowed-methods.js';
import { problemOf, type StatusTable } from './problem-of.js';
import { requestIdOf } from './request-id.js';
import { RequestRefused } from './request-refused.js';
import { sendProblem } from './send-problem.js';

/** Turns every error of an HTTP handler into a problem document, and logs those that are our own fault. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly statuses: StatusTable,
    private readonly logger: LoggerService,
  ) {}

  catch(error: unknown, host: ArgumentsHost): Observable<never> | undefined {
    // An event handler: the transport decides what becomes of the message, and needs the error itself.
    if (host.getType() !== 'http') return throwError(() => error);
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<Request>(), http.getResponse<Response>());
    return undefined;
  }

  private answer(error: unknown, request: Request, response: Response): void {
    const refusal = error instanceof HttpException ? refusalOf(error, request, response) : error;
    const problem = problemOf(refusal, this.statuses);
    if (problem.status >= 500) {
      const { method } = request;
      const requestId = requestIdOf(request);
      this.logger.error({
        msg: 'request failed',
        code: problem.code,
        requestId,
        method,
        err: error,
      });
    }
    sendProblem(request, response, problem);
  }
}

/** Errors of Nest and Express: an unknown route, a method it lacks, a path that cannot be decoded. */
function refusalOf(error: HttpException, request: Request, response: Response): unknown {
  if (error instanceof NotFoundException) return notFound(request, response);
  if (error.getStatus() < 500) {
    return new RequestRefused('request_malformed', 'the request cannot be read');
  }
  return error;
}

function notFound(request: Request, response: Response): RequestRefused {
  const methods = allowedMethods(request);
  if (methods.length === 0) {
    return new RequestRefused('route_unknown', 'there is nothing at this path');
  }
  const allow = methods.join(', ');
  response.setHeader('Allow', allow);
  return new RequestRefused('method_not_allowed', `this path takes ${allow}`);
}
