#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes dashboards/*.json from panels/*.sql and from what stands here: what Grafana saves of a dashboard is a thousand
 * lines of which nobody can say what changed. services/audit/test/dashboards.int.spec.ts runs every panel against the
 * real engine, and fails when the files are not what this script would write.
 */

const DATASOURCE = { type: 'grafana-clickhouse-datasource', uid: 'drawbridge-record' };
const PLUGIN_VERSION = '4.21.3';
/** Of the data source: how it reads a result. */
const FORMATS = { timeseries: 0, table: 1 };
const COLUMNS = 24;

const series = (title, sql, more = {}) => ({ title, sql, view: 'timeseries', width: 12, ...more });
const table = (title, sql, more = {}) => ({ title, sql, view: 'table', width: 12, ...more });
const number = (title, sql, more = {}) => ({
  title,
  sql,
  view: 'stat',
  width: 6,
  height: 4,
  ...more,
});

const dashboards = {
  access: {
    title: 'Drawbridge: access',
    rows: [
      [
        number('Open grants', 'open-grants'),
        number('Denied calls', 'denied-commands', { redFrom: 1 }),
        series('Requests and grants', 'access-over-time', { bars: true }),
      ],
      [
        series('Calls by decision', 'commands-over-time', { bars: true }),
        series('Held calls', 'holds-over-time', { bars: true }),
      ],
      [
        series('Time to approve a request', 'time-to-approve', { unit: 's' }),
        series('Time to decide a held call', 'time-to-decide-holds', { unit: 's' }),
      ],
      [table('Top guardrails', 'top-rules'), table('Refusals by reason', 'refusals-by-reason')],
      [table('Agent activity', 'agent-activity', { width: 24 })],
    ],
  },
  record: {
    title: 'Drawbridge: the record',
    rows: [
      [
        number('Unrecorded calls', 'unrecorded-calls', { redFrom: 1, width: 4 }),
        number('Longest wait for a row', 'slowest-ingest', { unit: 's', redFrom: 60, width: 4 }),
        number('Parked lines', 'parked-lines', { redFrom: 1, width: 4 }),
        series('Ingest lag, p99', 'ingest-lag', { unit: 's' }),
      ],
      [
        number('Sealing stopped', 'sealing-stopped', { redFrom: 1, width: 4 }),
        series('Records stored', 'stored-records', { unit: 'cps', width: 20 }),
      ],
      [table('Integrity: last checkpoint of each stream', 'last-checkpoints', { width: 24 })],
      [table('Recordings viewed', 'recordings-viewed', { width: 24 })],
    ],
  },
};

const sqlOf = (name) => readFileSync(join(import.meta.dirname, 'panels', `${name}.sql`), 'utf8');

/** The first line of the SQL says what a panel shows. */
const descriptionOf = (sql) => sql.split('\n')[0].replace(/^-- /, '');

function target({ sql, view }) {
  const queryType = view === 'timeseries' ? 'timeseries' : 'table';
  return {
    datasource: DATASOURCE,
    editorType: 'sql',
    format: FORMATS[queryType],
    pluginVersion: PLUGIN_VERSION,
    queryType,
    rawSql: sqlOf(sql).trimEnd(),
    refId: 'A',
  };
}

const thresholds = (redFrom) => ({
  mode: 'absolute',
  steps: [
    { color: 'green', value: null },
    ...(redFrom === undefined ? [] : [{ color: 'red', value: redFrom }]),
  ],
});

const optionsOf = {
  timeseries: () => ({
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
    tooltip: { mode: 'multi', sort: 'desc' },
  }),
  table: () => ({ showHeader: true }),
  stat: () => ({ colorMode: 'value', reduceOptions: { calcs: ['lastNotNull'], values: false } }),
};

function panel(wanted, id, gridPos) {
  const { title, view, unit, redFrom, bars = false } = wanted;
  const drawn = bars
    ? { drawStyle: 'bars', fillOpacity: 70, stacking: { group: 'A', mode: 'normal' } }
    : { drawStyle: 'line', fillOpacity: 0, showPoints: 'auto' };
  return {
    id,
    title,
    description: descriptionOf(sqlOf(wanted.sql)),
    type: view,
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: {
      defaults: {
        ...(unit === undefined ? {} : { unit }),
        thresholds: thresholds(redFrom),
        ...(view === 'timeseries' ? { custom: drawn } : {}),
      },
      overrides: [],
    },
    options: optionsOf[view](),
    targets: [target(wanted)],
  };
}

function panelsOf(rows) {
  const panels = [];
  let y = 0;
  for (const row of rows) {
    const height = Math.max(...row.map(({ height: own = 8 }) => own));
    let x = 0;
    for (const wanted of row) {
      const gridPos = { h: wanted.height ?? height, w: wanted.width, x, y };
      panels.push(panel(wanted, panels.length + 1, gridPos));
      x += wanted.width;
    }
    if (x !== COLUMNS) throw new Error(`a row is ${x} wide, not ${COLUMNS}`);
    y += height;
  }
  return panels;
}

const dashboard = (uid, { title, rows }) => ({
  uid: `drawbridge-${uid}`,
  title,
  tags: ['drawbridge'],
  editable: false,
  graphTooltip: 1,
  links: [
    {
      title: 'Drawbridge',
      type: 'dashboards',
      tags: ['drawbridge'],
      asDropdown: false,
      keepTime: true,
    },
  ],
  panels: panelsOf(rows),
  refresh: '30s',
  schemaVersion: 41,
  time: { from: 'now-24h', to: 'now' },
  timezone: 'browser',
  version: 1,
});

export const files = Object.fromEntries(
  Object.entries(dashboards).map(([uid, wanted]) => [
    `${uid}.json`,
    `${JSON.stringify(dashboard(uid, wanted), null, 2)}\n`,
  ]),
);

const script = process.argv[1] === import.meta.filename;
if (script && process.argv.includes('--print')) process.stdout.write(JSON.stringify(files));
else if (script) {
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(import.meta.dirname, 'dashboards', name), content);
  }
}
