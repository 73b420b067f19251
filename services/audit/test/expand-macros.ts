export interface PanelTime {
  readonly from: Date;
  readonly to: Date;
  readonly intervalSeconds: number;
}

type Macro = (time: PanelTime, column: string) => string;

const seconds = (date: Date): string => `toDateTime(${Math.floor(date.getTime() / 1000)})`;

/** What the data source of Grafana documents of its macros; those with `true` take a column. */
const macros: Readonly<Record<string, { readonly column: boolean; readonly expand: Macro }>> = {
  fromTime: { column: false, expand: ({ from }) => seconds(from) },
  toTime: { column: false, expand: ({ to }) => seconds(to) },
  interval_s: { column: false, expand: ({ intervalSeconds }) => String(intervalSeconds) },
  timeFilter: {
    column: true,
    expand: ({ from, to }, column) =>
      `${column} >= ${seconds(from)} AND ${column} <= ${seconds(to)}`,
  },
  timeInterval: {
    column: true,
    expand: ({ intervalSeconds }, column) =>
      `toStartOfInterval(toDateTime(${column}), INTERVAL ${intervalSeconds} second)`,
  },
};

/**
 * SQL of a panel as the data source sends it.
 *
 * @throws Error for a macro that is not known here, or is not used as documented
 * @see https://grafana.com/docs/plugins/grafana-clickhouse-datasource/latest/query-editor/
 */
export function expandMacros(sql: string, time: PanelTime): string {
  return sql.replace(/\$__\w+(?:\([^()]*\))?|\$\w+|\$\{/g, (found) => {
    const [, name = '', call, column = ''] = /^\$__(\w+)(\(([^()]*)\))?$/.exec(found) ?? [];
    const macro = macros[name];
    if (macro === undefined) throw new Error(`"${found}" is no macro that is known here`);
    if (macro.column !== (call !== undefined) || (macro.column && column.trim() === '')) {
      throw new Error(`"${found}" is not how this macro is used`);
    }
    return macro.expand(time, column.trim());
  });
}
