import { randomBytes } from 'node:crypto';
import type { LoggerService } from '@nestjs/common';
import { watchConfiguration } from '@drawbridge/configuration';
import type { TrustBundle } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import {
  ConfigInvalid,
  readRawBody,
  readSecretFile,
  uuidV7,
  type Closers,
  type StatusTable,
} from '@drawbridge/runtime';
import type { People } from '@drawbridge/people';
import type { RequestHandler } from 'express';
import type { ApprovalConfig } from '../config.js';
import type { AccessApprovals } from '../nats/access-approvals.js';
import { ReplayCache } from '../slack/replay-cache.js';
import { FreshLogin } from './fresh-login.js';
import { Seal } from './seal.js';
import { CONFIRM_SECONDS, StepUp } from './step-up.js';
import { webIssuers, type WebIssuer } from './web-issuers.js';

const PATH = '/v1/step-up';
const MAX_FORM_BYTES = 65_536;

/** Provides {@link StepUpDesk}. */
export const STEP_UP_DESK = Symbol('step-up desk');

/** What the pages of fresh logins are made with. */
export interface StepUpDesk {
  readonly stepUp: StepUp;
  readonly statuses: StatusTable;
  readonly logger: LoggerService;
}

export interface StepUpSurroundings {
  readonly approvals: AccessApprovals;
  readonly trust: () => TrustBundle | undefined;
  readonly people: () => People | undefined;
  readonly statuses: StatusTable;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/** Where an approver logs in afresh; `undefined` where that is not possible here. */
export type StepUpLinks = (requestId: string) => string | undefined;

export interface StepUpParts {
  readonly desk: StepUpDesk;
  readonly linkOf: StepUpLinks;
  readonly mounts: Readonly<Record<string, RequestHandler>>;
}

/** Puts fresh logins together; without issuers or an address of ours they are not possible. */
export async function startStepUp(
  config: ApprovalConfig,
  { approvals, trust, people, statuses, clock, logger }: StepUpSurroundings,
  closers: Closers,
): Promise<StepUpParts> {
  const { PUBLIC_URL: address, CONFIG_DIR: directory } = config;
  const base = `${address?.replace(/\/$/, '') ?? ''}${PATH}`;
  const none: readonly WebIssuer[] = [];
  const issuers =
    address === undefined || directory === undefined
      ? () => none
      : await followIssuers(directory, logger, closers);
  const stepUp = new StepUp({
    approvals,
    login: new FreshLogin({ trust, people, redirectUri: `${base}/callback`, clock }),
    issuers,
    seal: sealOf(config, clock),
    replays: new ReplayCache(CONFIRM_SECONDS * 1000),
    clock,
    newId: () => uuidV7(clock()),
  });
  return {
    desk: { stepUp, statuses, logger },
    linkOf: (requestId) => (issuers().length === 0 ? undefined : `${base}/${requestId}`),
    mounts: { [`${PATH}/confirm`]: readRawBody(MAX_FORM_BYTES) },
  };
}

/** Without a key of the operator's, one that lasts as long as this process: a single replica needs no other. */
function sealOf({ STEP_UP_KEY_FILE: file }: ApprovalConfig, clock: Clock): Seal {
  if (file === undefined) return new Seal(randomBytes(32).toString('base64'), clock);
  const variable = 'STEP_UP_KEY_FILE';
  try {
    return new Seal(readSecretFile(variable, file), clock);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ConfigInvalid([{ variable, message: `the file "${file}": ${error.message}` }]);
  }
}

async function followIssuers(
  directory: string,
  logger: LoggerService,
  closers: Closers,
): Promise<() => readonly WebIssuer[]> {
  let current: readonly WebIssuer[] = [];
  const watcher = await watchConfiguration(directory, {
    only: ['Issuer'],
    onChange: ({ issuers }) => {
      current = webIssuers(issuers);
    },
    onError: (error) => {
      logger.error({ msg: 'issuers of logins not reloaded', err: error });
    },
  });
  closers.add(() => watcher.close());
  current = webIssuers(watcher.current.issuers);
  return () => current;
}
