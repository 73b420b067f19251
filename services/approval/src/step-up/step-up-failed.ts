import { AppError } from '@drawbridge/kernel';

/** Why a fresh login came to nothing. Closed list; each stands in `docs/errors.md`. */
export type StepUpFailure =
  'step_up_not_possible' | 'step_up_state_invalid' | 'step_up_login_failed' | 'issuer_unavailable';

/** A fresh login failed; nothing was appended. The message is shown to whoever tried. */
export class StepUpFailed extends AppError<StepUpFailure> {}

export const stateInvalid = (): StepUpFailed =>
  new StepUpFailed(
    'step_up_state_invalid',
    'this page belongs to another browser, was used already, or is too old; open the link of the request again',
  );
