import { scheduleOfGroup } from '@drawbridge/contracts';
import { entriesOf, error, warning, type Check, type Entry, type Finding } from './entry.js';
import type { FieldPath } from './parse-documents.js';

/** Routes name connections, teams and groups that there are; and each can be reached. */
export const checkRouting: Check = (checked) => [
  ...checkConnections(checked),
  ...checkGroups(checked),
  ...checkOrder(checked),
];

const checkConnections: Check = ({ entries, kinds }) => {
  if (!kinds.has('Connection')) return [];
  const connections = entriesOf(entries, 'Connection').map(({ document }) => document);
  const names = new Set(connections.map(({ metadata }) => metadata.name));
  const teams = new Set(connections.map(({ metadata }) => metadata.labels['team']));
  return eachRoute(entries, (entry, path, { when }) => [
    ...(when.connections ?? []).flatMap((name, index) =>
      names.has(name)
        ? []
        : [
            error(
              entry,
              [...path, 'when', 'connections', index],
              `there is no Connection "${name}"`,
            ),
          ],
    ),
    ...(when.teams ?? []).flatMap((team, index) =>
      teams.has(team)
        ? []
        : [
            warning(
              entry,
              [...path, 'when', 'teams', index],
              `no Connection has the label team: ${team}`,
            ),
          ],
    ),
  ]);
};

const checkGroups: Check = ({ entries, kinds }) => {
  if (!kinds.has('Human') || !kinds.has('Schedule')) return [];
  const schedules = new Set(
    entriesOf(entries, 'Schedule').map(({ document }) => document.metadata.name),
  );
  const groups = new Set(
    entriesOf(entries, 'Human')
      .filter(({ document }) => document.spec.slack !== undefined)
      .flatMap(({ document }) => document.spec.groups),
  );
  return eachRoute(entries, (entry, path, { alsoDirect = [] }) =>
    alsoDirect.flatMap((group, index) => {
      const at = [...path, 'alsoDirect', index];
      const schedule = scheduleOfGroup(group);
      if (schedule !== undefined && !schedules.has(schedule))
        return [error(entry, at, `no Schedule document is named "${schedule}"`)];
      if (schedule !== undefined || groups.has(group)) return [];
      return [warning(entry, at, `no Human with a Slack account is in "${group}"`)];
    }),
  );
};

/** Behind a route without conditions nothing comes any more. */
const checkOrder: Check = ({ entries }) => {
  let isOver = false;
  return eachRoute(entries, (entry, path, { when }) => {
    if (isOver)
      return [warning(entry, path, 'is never reached: a route before it takes everything')];
    isOver = Object.values(when).every((condition) => condition === undefined);
    return [];
  });
};

type Route = Extract<Entry['document'], { kind: 'Routing' }>['spec']['routes'][number];

const eachRoute = (
  entries: readonly Entry[],
  judge: (entry: Entry, path: FieldPath, route: Route) => Finding[],
): Finding[] =>
  entriesOf(entries, 'Routing').flatMap((entry) =>
    entry.document.spec.routes.flatMap((route, index) =>
      judge(entry, ['spec', 'routes', index], route),
    ),
  );
