/** A row of the table `commands`, as it is read; times are RFC 3339 with milliseconds. */
export interface CommandColumns {
  readonly command_id: string;
  readonly received_at: string;
  readonly connection: string;
  readonly grant_id: string | null;
  readonly access_request_id: string | null;
  readonly agent_kind: string;
  readonly agent_issuer: string;
  readonly agent_subject: string;
  readonly agent_groups: readonly string[];
  readonly agent_email: string;
  readonly agent_owner: string;
  readonly agent_sponsor: string;
  readonly agent_run: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly verb: string;
  readonly api_group: string;
  readonly api_version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly client_address: string;
  readonly user_agent: string;
  readonly content_type: string;
  readonly dry_run: boolean | null;
  readonly policy_version: string;
  readonly rule: string;
  readonly rules: readonly string[];
  readonly matched: readonly RuleColumns[];
  readonly hold_id: string | null;
  readonly warnings: readonly string[];
  readonly effect: string;
  readonly reason: string;
  readonly message: string;
  readonly decided_at: string | null;
  readonly ended_at: string | null;
  readonly outcome: string;
  readonly outcome_reason: string;
  readonly outcome_rule: string;
  readonly status_code: number;
  readonly request_bytes: number;
  readonly response_bytes: number;
  readonly duration_ms: number;
  readonly exit_code: number | null;
  readonly masked: number | null;
  readonly transfers: readonly TransferColumns[];
  readonly transfer_hashes: readonly string[];
  /** JSON, or empty. */
  readonly archive: string;
  readonly flows: readonly FlowColumns[];
  readonly typed: readonly RuleColumns[];
  readonly start_positions: readonly number[];
  readonly end_positions: readonly number[];
  readonly start_check: number;
  readonly end_check: number;
  readonly start_raw: string;
  readonly end_raw: string;
}

export interface RuleColumns {
  readonly rule: string;
  readonly action: string;
  /** Empty when there is none. */
  readonly doubt: string;
}

export interface TransferColumns {
  readonly direction: string;
  readonly path: string;
  readonly bytes: number;
}

export interface FlowColumns {
  readonly port: number;
  readonly connections: number;
  readonly sent: number;
  readonly received: number;
}

/**
 * What one record says about its command. Columns of which it says nothing are left out and take the table's default,
 * the least value of their type; the table keeps the greatest, so any number of copies of start and end, in any
 * order, make the same row.
 */
export type CommandRow = Pick<CommandColumns, 'command_id' | 'received_at' | 'connection'> &
  Partial<CommandColumns>;

/** A row with what the table puts where nothing was said. */
export const wholeCommand = (row: CommandRow): CommandColumns => ({ ...nothingSaid, ...row });

const nothingSaid: Omit<CommandColumns, 'command_id' | 'received_at' | 'connection'> = {
  grant_id: null,
  access_request_id: null,
  agent_kind: '',
  agent_issuer: '',
  agent_subject: '',
  agent_groups: [],
  agent_email: '',
  agent_owner: '',
  agent_sponsor: '',
  agent_run: '',
  method: '',
  path: '',
  query: '',
  verb: '',
  api_group: '',
  api_version: '',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
  client_address: '',
  user_agent: '',
  content_type: '',
  dry_run: null,
  policy_version: '',
  rule: '',
  rules: [],
  matched: [],
  hold_id: null,
  warnings: [],
  effect: '',
  reason: '',
  message: '',
  decided_at: null,
  ended_at: null,
  outcome: '',
  outcome_reason: '',
  outcome_rule: '',
  status_code: 0,
  request_bytes: 0,
  response_bytes: 0,
  duration_ms: 0,
  exit_code: null,
  masked: null,
  transfers: [],
  transfer_hashes: [],
  archive: '',
  flows: [],
  typed: [],
  start_positions: [],
  end_positions: [],
  start_check: 0,
  end_check: 0,
  start_raw: '',
  end_raw: '',
};
