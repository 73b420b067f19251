import { principalMembers, type Principal } from '@drawbridge/contracts';
import { hasTokenInQuery } from '@drawbridge/token';
import type { GuardDecision } from '@drawbridge/guardrails';
import { accessAttributes } from '../domain/access-attributes.js';
import type { CallOutcome } from '../domain/call-outcome.js';
import { instantOf, quote } from '../domain/json-text.js';
import type { KubeRequest } from '../domain/kube-request.js';
import type { RequestHeaders } from '../domain/request-headers.js';
import type { OpenGrant } from '../domain/open-grants.js';
import type { RecordWords } from '../masking/record-words.js';
import { mediaTypeOf } from '../guard/call-under-guard.js';
import { guardMembers } from '../guard/guard-members.js';
import type { Allowed } from './authorize-call.js';
import type { CallFacts, Exchange } from './exchange.js';

/*
 * Records as the JSON that is stored, put together from fragments: every call writes two, and making objects of
 * them first costs several times as much. They are `CommandRecord`s of the contracts, each with the one text that
 * `recordLine` there gives it; the spec reads them as such, whatever a caller puts into its call.
 */

const MAX_PATH = 2_048;
const MAX_USER_AGENT = 256;
const MAX_CONTENT_TYPE = 128;
const MAX_TRANSFERS = 16;
const MAX_TRANSFER_PATH = 1_024;
/** A record must always fit into one message of the bus, whatever an agent puts into its call. */
const MAX_MESSAGE = 8_192;

/** `CommandStarted` of a call that is allowed. */
export function startedLine(call: Allowed): string {
  return `{"type":"CommandStarted"${idMembers(call)}${startedTail(call)}`;
}

/** What the records of calls with the same headers begin with lately, but for their ids and times. */
const lastTails = new WeakMap<RequestHeaders, StartedTail>();

/** What the text was made of; nothing else of the call, which may be long over. */
interface StartedTail extends Pick<Allowed, 'kube' | 'grant' | 'agent' | 'connection'> {
  readonly reason: string;
  readonly message: string;
  readonly method: string;
  readonly remoteAddress: string;
  readonly guard: GuardDecision | undefined;
  readonly notice: string | undefined;
  readonly words: RecordWords;
  readonly text: string;
}

/** All that the record of a call has in common with that of the same call again, which is what agents do. */
function startedTail(call: Allowed): string {
  const { headers, method, remoteAddress } = call.request;
  const last = lastTails.get(headers);
  if (last !== undefined && isOf(last, call)) return last.text;
  const { kube, grant, agent, connection } = call;
  const { reason, message } = call.decision;
  // Joined, and not added up: a text made of many parts costs most where it is copied into the message.
  const text = [
    callMembers(call, call.connection),
    textsOf(call.kube, call.facts).target,
    `,"decision":{"effect":"allow","reason":${quote(reason)},"message":${quote(message)}}}`,
  ].join('');
  const { guard, notice } = call.facts;
  const said = { reason, message, method, remoteAddress, guard, notice };
  const of = { kube, grant, agent, connection, ...said };
  lastTails.set(headers, { ...of, words: wordsOf(call.facts), text });
  return text;
}

function isOf(tail: StartedTail, call: Allowed) {
  const { kube, grant, agent, connection, decision, request, facts } = call;
  return (
    tail.kube === kube &&
    tail.grant === grant &&
    tail.agent === agent &&
    tail.connection === connection &&
    tail.reason === decision.reason &&
    tail.message === decision.message &&
    tail.method === request.method &&
    tail.remoteAddress === request.remoteAddress &&
    saysTheSame(tail, facts)
  );
}

const saysTheSame = (tail: StartedTail, facts: CallFacts): boolean =>
  tail.guard === facts.guard && tail.notice === facts.notice && tail.words === wordsOf(facts);

export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly statusCode: number;
}

/** `CommandRefused` of a call that got as far as `exchange.facts` tell. */
export function refusedLine(exchange: Exchange, connection: string, refusal: Refusal): string {
  const message = quote(wordsOf(exchange.facts).text(refusal.message.slice(0, MAX_MESSAGE)));
  return (
    `{"type":"CommandRefused"${idMembers(exchange)}${callMembers(exchange, connection)}` +
    targetMembers(recordedTarget(exchange)) +
    `,"decision":{"effect":"deny","reason":${quote(refusal.code)},"message":${message}}` +
    `,"statusCode":${refusal.statusCode}}`
  );
}

/** What the end of a call says again of its start. */
export interface EndedCall {
  readonly commandId: string;
  readonly connection: string;
  readonly grant: Pick<OpenGrant, 'grantId'>;
  readonly receivedAt: Date;
  readonly facts?: Pick<CallFacts, 'words'>;
}

/** `CommandEnded` of a call whose start was recorded. */
export function endedLine(call: EndedCall, outcome: CallOutcome, at: Date): string {
  const { reason: why = '' } = outcome;
  const reason = why === '' ? '' : `,"reason":${quote(why)}`;
  const durationMs = Math.max(0, at.getTime() - call.receivedAt.getTime());
  return (
    `{"type":"CommandEnded"${endMembers(call)},"commandId":"${call.commandId}","at":"${instantOf(at)}"` +
    `,"outcome":"${outcome.outcome}"${reason},"statusCode":${outcome.statusCode}` +
    `,"requestBytes":${outcome.requestBytes},"responseBytes":${outcome.responseBytes}` +
    `,"durationMs":${durationMs}${exitMember(outcome)}${maskedMember(outcome)}${sessionMembers(call, outcome)}}`
  );
}

/** What the ends of all calls by one grant say; a grant is for one connection. */
const endsOfGrant = new WeakMap<EndedCall['grant'], string>();

function endMembers({ connection, grant }: EndedCall): string {
  let text = endsOfGrant.get(grant);
  if (text === undefined) {
    text = `,"connection":${quote(connection)},"grantId":"${grant.grantId}"`;
    endsOfGrant.set(grant, text);
  }
  return text;
}

const exitMember = ({ exitCode }: CallOutcome): string =>
  exitCode === undefined ? '' : `,"exitCode":${exitCode}`;

const maskedMember = ({ masked }: CallOutcome): string =>
  masked === undefined ? '' : `,"masked":${masked}`;

/** What became of a session beside its end. */
function sessionMembers({ facts }: EndedCall, outcome: CallOutcome): string {
  const { rule, transfers, archive, typed, flows } = outcome;
  const cutBy = rule === undefined ? '' : `,"rule":${quote(rule)}`;
  const typedMember = typed === undefined ? '' : `,"typed":${JSON.stringify(typed)}`;
  const flowsMember =
    flows === undefined || flows.length === 0 ? '' : `,"flows":${JSON.stringify(flows)}`;
  const files = transfersMember(transfers, wordsOf(facts ?? {}));
  const archiveMember = archive === undefined ? '' : `,"archive":${JSON.stringify(archive)}`;
  return `${cutBy}${typedMember}${files}${archiveMember}${flowsMember}`;
}

function transfersMember(transfers: CallOutcome['transfers'], words: RecordWords): string {
  if (transfers === undefined || transfers.length === 0) return '';
  const files = transfers.slice(0, MAX_TRANSFERS).map(({ direction, path, bytes, sha256 }) => {
    const named = quote(words.text(path).slice(0, MAX_TRANSFER_PATH));
    const hashed = sha256 === undefined ? '' : `,"sha256":"${sha256}"`;
    return `{"direction":"${direction}","path":${named},"bytes":${bytes}${hashed}}`;
  });
  return `,"transfers":[${files.join(',')}]`;
}

/** What no two calls have in common. */
const idMembers = ({ commandId, receivedAt, facts: { holdId } }: Exchange): string => {
  const ids = `,"commandId":"${commandId}","at":"${instantOf(receivedAt)}"`;
  return holdId === undefined ? ids : `${ids},"holdId":"${holdId}"`;
};

/** What start and refusal say of a call, but for its target. */
function callMembers(exchange: Exchange, connection: string): string {
  const { request, facts } = exchange;
  const { kube } = facts;
  const attributes =
    kube === undefined ? attributeMembers(kube, facts) : textsOf(kube, facts).attributes;
  const sent = request.headers.value('user-agent') ?? '';
  const userAgent = wordsOf(facts).text(sent);
  return (
    `,"connection":${quote(connection)}${callerMembers(facts)}` +
    `,"method":${quote(request.method)}${attributes}` +
    `,"clientAddress":${quote(request.remoteAddress)}` +
    `,"userAgent":${quote(userAgent.slice(0, MAX_USER_AGENT))}` +
    bodyMember(exchange) +
    guardMembers(facts)
  );
}

/** Of what type the body is that the call announces. */
function bodyMember({ request }: Exchange): string {
  const type = request.announced === undefined ? '' : mediaTypeOf({ request });
  return type === '' ? '' : `,"contentType":${quote(type.slice(0, MAX_CONTENT_TYPE))}`;
}

function targetMembers(target: string): string {
  const mark = target.indexOf('?');
  if (mark === -1) return `,"path":${quote(target.slice(0, MAX_PATH))},"query":""`;
  const path = target.slice(0, Math.min(mark, MAX_PATH));
  const query = target.slice(mark + 1, mark + 1 + MAX_PATH);
  return `,"path":${quote(path)},"query":${quote(query)}`;
}

/** What was judged; of a call that was never understood, what came. Never a token. */
function recordedTarget({ request, facts }: Exchange): string {
  const received = request.target.replace(/^\/connections\/[^/?]*/, '');
  const target = facts.kube?.target ?? received;
  return wordsOf(facts).target(hasTokenInQuery(target) ? target.replace(/\?.*$/s, '') : target);
}

/** An agent makes many calls with one token and one grant, which are the same objects each time. */
const agentMembers = new WeakMap<Principal, string>();
const grantMembers = new WeakMap<OpenGrant, string>();

function callerMembers({ agent, grant }: CallFacts): string {
  return (
    (agent === undefined ? '' : agentMember(agent)) +
    (grant === undefined ? '' : grantMember(grant))
  );
}

function agentMember(agent: Principal): string {
  const known = agentMembers.get(agent);
  if (known !== undefined) return known;
  const text = `,"agent":${JSON.stringify(principalMembers(agent))}`;
  agentMembers.set(agent, text);
  return text;
}

function grantMember(grant: OpenGrant): string {
  const known = grantMembers.get(grant);
  if (known !== undefined) return known;
  const { grantId, accessRequestId } = grant;
  const text = `,"grantId":${quote(grantId)},"accessRequestId":${quote(accessRequestId)}`;
  grantMembers.set(grant, text);
  return text;
}

/** Nothing is written down of a call that did not come through the first step of the chain. */
const noWords: RecordWords = { target: () => '', text: () => '' };
const wordsOf = ({ words, connection }: CallFacts): RecordWords => words?.(connection) ?? noWords;

/** What a target says in every record of it. */
interface TargetTexts {
  readonly attributes: string;
  readonly target: string;
  /** Of the gateway that made them: others have other keys. */
  readonly words: RecordWords;
}

/** What is asked for again is the same object each time, for as long as it is remembered. */
const targetTexts = new WeakMap<KubeRequest, TargetTexts>();

function textsOf(kube: KubeRequest, facts: CallFacts): TargetTexts {
  const words = wordsOf(facts);
  let texts = targetTexts.get(kube);
  if (texts === undefined || texts.words !== words) {
    const target = targetMembers(words.target(kube.target));
    texts = { attributes: attributeMembers(kube, facts), target, words };
    targetTexts.set(kube, texts);
  }
  return texts;
}

const noResource =
  ',"apiGroup":"","apiVersion":"","resource":"","subresource":"","namespace":"","name":""';

function attributeMembers(kube: KubeRequest | undefined, facts: CallFacts): string {
  if (kube?.kind !== 'resource') return `,"verb":${quote(kube?.verb ?? '')}${noResource}`;
  // As it was judged: a GET that opens a channel is a create.
  const { verb } = accessAttributes(kube);
  return (
    `,"verb":${quote(verb)},"apiGroup":${quote(kube.apiGroup)}` +
    `,"apiVersion":${quote(kube.apiVersion)},"resource":${quote(kube.resource)}` +
    `,"subresource":${quote(kube.subresource)},"namespace":${quote(kube.namespace)}` +
    `,"name":${quote(wordsOf(facts).text(kube.name))}`
  );
}
