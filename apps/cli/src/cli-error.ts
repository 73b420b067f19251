import { AppError } from '@drawbridge/kernel';
import { exitCode, type ExitCode } from './exit-code.js';

/** What can go wrong on this side of the wire; `docs/errors.md` says what to do about each. */
export type CliErrorCode =
  | 'usage_invalid'
  | 'secret_on_command_line'
  | 'server_missing'
  | 'server_insecure'
  | 'server_mismatch'
  | 'server_unreachable'
  | 'answer_unreadable'
  | 'not_logged_in'
  | 'login_failed'
  | 'login_ambiguous'
  | 'profile_invalid'
  | 'profile_not_private'
  | 'file_unreadable'
  | 'file_unwritable'
  | 'kubeconfig_exists'
  | 'kubeconfig_invalid'
  | 'policy_invalid'
  | 'proof_elsewhere'
  | 'proof_refused'
  | 'record_endless'
  | 'record_unproven'
  | 'certificate_not_issued'
  | 'rerun_production_name'
  | 'rerun_production_server'
  | 'rerun_production_label'
  | 'rerun_cluster_failed'
  | 'bundle_unreadable'
  | 'bundle_altered'
  | 'bundle_too_large'
  | 'interrupted';

const exitCodes: Readonly<Record<CliErrorCode, ExitCode>> = {
  usage_invalid: exitCode.usage,
  secret_on_command_line: exitCode.usage,
  server_missing: exitCode.usage,
  server_insecure: exitCode.usage,
  server_mismatch: exitCode.usage,
  server_unreachable: exitCode.unavailable,
  answer_unreadable: exitCode.error,
  not_logged_in: exitCode.notLoggedIn,
  login_failed: exitCode.notLoggedIn,
  login_ambiguous: exitCode.usage,
  profile_invalid: exitCode.error,
  profile_not_private: exitCode.error,
  file_unreadable: exitCode.error,
  file_unwritable: exitCode.error,
  kubeconfig_exists: exitCode.error,
  kubeconfig_invalid: exitCode.error,
  policy_invalid: exitCode.usage,
  proof_elsewhere: exitCode.error,
  proof_refused: exitCode.error,
  record_endless: exitCode.error,
  record_unproven: exitCode.error,
  certificate_not_issued: exitCode.error,
  rerun_production_name: exitCode.denied,
  rerun_production_server: exitCode.denied,
  rerun_production_label: exitCode.denied,
  rerun_cluster_failed: exitCode.unavailable,
  bundle_unreadable: exitCode.error,
  bundle_altered: exitCode.error,
  bundle_too_large: exitCode.error,
  interrupted: exitCode.error,
};

/** A failure that the user can do something about; `advice` says what. */
export class CliError extends AppError<CliErrorCode> {
  readonly advice: string | undefined;

  constructor(code: CliErrorCode, message: string, options: CliErrorOptions = {}) {
    super(code, message, options.cause === undefined ? {} : { cause: options.cause });
    this.advice = options.advice;
  }

  get exitCode(): ExitCode {
    return exitCodes[this.code];
  }
}

export interface CliErrorOptions {
  readonly advice?: string;
  readonly cause?: unknown;
}
