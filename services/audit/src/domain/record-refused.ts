import { AppError } from '@drawbridge/kernel';

/**
 * Why a stored message cannot become a row. It is parked with this code, never dropped. `record_unreadable`:
 * not what its stream holds. `command_id_not_v7`: a command id without a time. `record_not_storable`:
 * ClickHouse refuses a value of it.
 */
export class RecordRefused extends AppError<
  'record_unreadable' | 'command_id_not_v7' | 'record_not_storable'
> {}
