import { describe, expect, it } from 'vitest';
import { faultsOf, keptAnswers, readsLost, type Happened } from './faults.js';
import { sha256 } from './load.js';
import type { Digests, StoredRecord } from './stored-record.js';

const get = '01a20612-5d25-780e-b0d4-cf00c3d738bd';
const patch = '01a20612-5d26-780e-b0d4-cf00c3d738bd';
const exec = '01a20612-5d27-780e-b0d4-cf00c3d738bd';
const ownRead = '01a20612-5d28-880e-b0d4-cf00c3d738bd';
const path = '/apis/apps/v1/namespaces/payments/deployments/checkout';
const podExec = '/api/v1/namespaces/payments/pods/web-0/exec';
const each = (all: Digests): StoredRecord['digests'] => ({
  ...{ ACCESS: all, HOLDS: all, STOPS: all, USES: all, COMMANDS: all, AUDIT: all },
});

const happened: Happened = {
  received: [
    { method: 'GET', url: `${path}?call=1`, commandId: get },
    { method: 'GET', url: path, commandId: ownRead },
    { method: 'PATCH', url: `${path}?call=2&dryRun=All`, commandId: ownRead },
    { method: 'GET', url: path, commandId: patch },
    { method: 'PATCH', url: `${path}?call=2`, commandId: patch },
    { method: 'GET', url: `${podExec}?command=seq&command=session-1`, commandId: exec },
  ],
  answered: [
    { call: '1', response: sha256('one') },
    { call: '2', response: sha256('two'), request: sha256('sent') },
  ],
  sessions: [{ call: 'session-1', output: '1\n2\n' }],
  inStreams: each(new Map([[1, 'digest']])),
};
const row = { rows: 1, query: '', outcome: 'completed', status: 200 };
const stored: StoredRecord = {
  commands: [
    { ...row, id: get, method: 'GET', path },
    { ...row, id: patch, method: 'PATCH', path },
    { ...row, id: exec, method: 'GET', path: podExec },
  ],
  bodies: [
    { id: get, direction: 'response', sha256: sha256('one'), cut: '' },
    { id: patch, direction: 'request', sha256: sha256('sent'), cut: '' },
    { id: patch, direction: 'response', sha256: sha256('two'), cut: '' },
  ],
  pieces: [
    { id: exec, index: 0, frames: '[[0,"o","1\\n"]]', ending: '' },
    { id: exec, index: 1, frames: '[[0,"o","2\\n"]]', ending: '{"chunks":2}' },
  ],
  digests: each(new Map([[1, 'digest']])),
};

const kindsOf = (what: Partial<Happened>, record: Partial<StoredRecord>): readonly string[] =>
  Object.entries(faultsOf({ ...happened, ...what }, { ...stored, ...record })).flatMap(
    ([kind, found]) => (found.length > 0 ? [kind] : []),
  );
const more = (url: string, method = 'GET', commandId = get) => ({
  received: [...happened.received, { method, url, commandId }],
});
const without = (id: string, direction: string) => ({
  bodies: stored.bodies.filter((body) => body.id !== id || body.direction !== direction),
});
const other = (id: string, direction: string) => ({
  bodies: stored.bodies.map((body) =>
    body.id === id && body.direction === direction ? { ...body, sha256: sha256('') } : body,
  ),
});

describe('the oracle of the record under kills', () => {
  it('finds nothing where nothing is wrong', () => {
    expect(kindsOf({}, {})).toEqual([]);
  });

  it('counts reads with no record that nobody has seen, and takes them for no fault', () => {
    const lost = { ...happened, answered: happened.answered.slice(1) };
    const rest = { commands: stored.commands.slice(1) };
    expect(kindsOf(lost, rest)).toEqual([]);
    expect(readsLost(lost, { ...stored, ...rest })).toEqual([happened.received[0]]);
    expect(readsLost(happened, { ...stored, ...rest })).toEqual([]);
  });

  it('tells answers of which the record has the bytes from those of which it has none', () => {
    const [first] = happened.answered;
    expect([...keptAnswers(happened, stored)]).toEqual(happened.answered);
    const rest = { ...stored, ...without(patch, 'response') };
    expect([...keptAnswers(happened, rest)]).toEqual([first]);
  });

  it.each<[string, Partial<Happened>, Partial<StoredRecord>]>([
    ['ranUnrecorded', {}, { commands: stored.commands.slice(0, 2) }],
    ['ranUnrecorded', {}, { commands: stored.commands.slice(1) }],
    ['ranUnrecorded', { answered: [] }, { commands: stored.commands.slice(2) }],
    ['changedByGateway', more(path, 'PATCH', ownRead), {}],
    ['forwardedTwice', more(`${path}?call=1`), {}],
    ['notOneRow', {}, { commands: stored.commands.map((each) => ({ ...each, rows: 2 })) }],
    [
      'completedWithoutCluster',
      {},
      { commands: [...stored.commands, { ...row, id: 'x', method: 'GET', path }] },
    ],
    [
      'ofAnotherCall',
      {},
      { commands: stored.commands.map((each) => ({ ...each, path: '/version' })) },
    ],
    ['answeredByNobody', { answered: [{ call: '9', response: '' }] }, {}],
    ['requestsNotKept', {}, without(patch, 'request')],
    ['requestsDiffer', {}, other(patch, 'request')],
    ['responsesDiffer', {}, other(get, 'response')],
    ['bodiesTwice', {}, { bodies: [...stored.bodies, ...stored.bodies.slice(0, 1)] }],
    ['sessionsDiffer', { sessions: [{ call: 'session-1', output: '1\n2\n3\n' }] }, {}],
    ['piecesMissing', {}, { pieces: stored.pieces.slice(1) }],
    ['differ', {}, { digests: each(new Map([[1, 'another']])) }],
    ['differ', {}, { digests: each(new Map()) }],
  ])('finds %s', (kind, what, record) => {
    expect(kindsOf(what, record)).toContain(kind);
  });
});
