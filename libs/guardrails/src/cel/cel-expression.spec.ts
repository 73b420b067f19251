import { describe, expect, it } from 'vitest';
import { toCelValue } from './cel-value.js';
import { compileCel } from './cel-expression.js';
import { CostMeter } from './cost-meter.js';

const variables = (object: unknown, oldObject: unknown = null) => ({
  object: toCelValue(object),
  oldObject: toCelValue(oldObject),
  request: {
    verb: 'create',
    apiGroup: '',
    apiVersion: 'v1',
    resource: 'pods',
    subresource: '',
    namespace: 'payments',
    name: 'web',
    path: '',
    dryRun: false,
    fieldManager: 'kubectl',
    contentType: 'application/json',
    query: new Map([['limit', ['5']]]),
  },
  agent: {
    kind: 'agent',
    issuer: 'https://idp',
    subject: 'a',
    groups: ['sre'],
    owner: 'dana@corp.test',
    email: '',
  },
  connection: { name: 'prod', environment: 'production', labels: new Map([['team', 'payments']]) },
  grant: {
    id: 'g',
    action: 'scale',
    policy: 'p',
    ticket: '',
    reason: '',
    approvers: ['alice'],
    startsAt: new Date('2026-11-22T09:00:00Z'),
    endsAt: new Date('2026-11-22T09:15:00Z'),
  },
  exec: {
    argv: ['ls'],
    container: 'web',
    tty: false,
    stdin: false,
    programs: ['ls'],
    interactive: false,
    opaque: false,
  },
  now: new Date('2026-11-22T09:05:00Z'),
});
const say = (source: string, object: unknown = {}, oldObject?: unknown) =>
  compileCel(source).evaluate(variables(object, oldObject), new CostMeter());

const pod = {
  metadata: { name: 'web', labels: { app: 'web', constructor: 'x', __proto__x: 'y' } },
  spec: {
    replicas: 3,
    ratio: 0.5,
    containers: [
      {
        name: 'a',
        image: 'registry.corp.test/a:1',
        resources: { limits: { memory: '2Gi', cpu: '500m' } },
      },
      { name: 'b', image: 'evil/b', securityContext: { privileged: true } },
    ],
  },
};

describe('an expression', () => {
  it.each([
    'object.spec.containers.exists(c, c.?securityContext.?privileged.orValue(false))',
    'object.spec.containers.exists_one(c, has(c.securityContext))',
    'object.spec.containers.map(c, c.name) == ["a", "b"]',
    'object.spec.containers.filter(c, !c.image.startsWith("registry.corp.test/")).size() == 1',
    'object.metadata.labels.all(k, k.size() > 0)',
    '"app" in object.metadata.labels && object.metadata.labels.app == "web"',
    'object.metadata.labels["constructor"] == "x" && object.metadata.labels.constructor == "x"',
    'object.spec.replicas == 3 && object.spec.replicas > 2 && object.spec.ratio < 1.0',
    'type(object.spec.replicas) == int && type(object.spec.ratio) == double',
    '!has(object.spec.nodeName) && oldObject == null',
    'object.spec.nope == 1 || true',
    'object.?spec.?nope.hasValue() == false',
    'cel.bind(n, object.spec.replicas, n + 1 == 4)',
    '"evil/b".matches("^evil/") && matches("abc", "b")',
    '"a1b22".find("[0-9]+") == "1" && "a1b22".findAll("[0-9]+") == ["1", "22"] && "a1b22".findAll("[0-9]", 1) == ["1"]',
    'quantity(object.spec.containers[0].resources.limits.memory).isGreaterThan(quantity("1Gi"))',
    'quantity("500m").add(quantity("500m")).compareTo(quantity("1")) == 0 && quantity("1") == quantity("1000m")',
    'isQuantity("1.5Gi") && !isQuantity("1.5Q") && quantity("2k").asInteger() == 2000',
    'cidr("10.0.0.0/8").containsIP("10.1.2.3") && !cidr("10.0.0.0/8").containsIP(ip("11.0.0.1"))',
    'cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16") && cidr("10.9.0.0/8").masked() != cidr("10.9.0.0/8")',
    'string(ip("2001:db8:0:0:0:0:0:1")) == "2001:db8::1" && ip("::1").isLoopback() && ip("127.0.0.1").family() == 4',
    'url("https://a.test:8443/x?y=1").getHost() == "a.test:8443" && url("https://a.test/x").getEscapedPath() == "/x"',
    '[1, 2, 3].sum() == 6 && [3, 1].min() == 1 && [3, 1].max() == 3 && [1, 2].isSorted() && [1, 2].indexOf(2) == 1',
    '"A,b".lowerAscii().split(",").join("-") == "a-b" && "abc".substring(1, 2) == "b" && " x ".trim() == "x"',
    'now - grant.startsAt < duration("10m") && now.getHours("Europe/Berlin") == 10',
    'grant.endsAt > now && "sre" in agent.groups && connection.labels.team == "payments"',
    'request.query["limit"] == ["5"] && request.verb in ["create", "update"]',
    'podSpecs(object).size() == 1 && containers(object).size() == 2 && containers(oldObject).size() == 0',
    'exec.argv.exists(word, word == "ls") && !exec.interactive',
    '"a.b.c".replace(".", "$&") == "a$&b$&c" && "abc".charAt(1) == "b" && "abc".charAt(3) == ""',
    '9007199254740993 > 9007199254740992',
  ])('holds: %s', (source) => {
    expect(say(source, pod)).toStrictEqual({ value: true });
  });

  it.each([
    ['object.spec.nope == 1', /^no_such_key .at 1:/],
    ['object.spec.replicas == "3" || object.spec.replicas.startsWith("3")', /overload/],
    ['int(object.metadata.name) == 1', /^(?!.*web)/],
    ['1 / (object.spec.replicas - 3) == 1', /^\w+ .at 1:/],
    ['9223372036854775807 + object.spec.replicas > 0', /^\w+/],
    ['agent.claims["team"] == "x"', /^no_such_key/],
    ['quantity("x").sign() == 1', /^function_failed/],
    ['"x".matches(object.metadata.labels.app + "(")', /./],
    ['object.spec', /no bool/],
  ])('fails, and says why: %s', (source, detail) => {
    const outcome = say(source, pod);
    expect(outcome).toMatchObject({ failure: 'expression_failed' });
    expect('detail' in outcome && outcome.detail).toMatch(detail);
  });

  it.each([
    ['object.spec.containers.all(c', /1:29|expect|Expected/i],
    ['request.nmae == "x"', /No such key: nmae/],
    ['request.verb == 1', /no such overload: string == int.*at 1:/],
    ['nope == 1', /Unknown variable: nope/],
    ['request.verb', /is of type string; expected bool/],
    ['request.verb.matches(1)', /matches/],
    ['agent.groups.startsWith("x")', /no matching overload/],
    ['"x" +\n 1 == "x"', /at [12]:/],
  ])('is refused when it is loaded: %s', (source, message) => {
    expect(() => compileCel(source)).toThrow(message);
  });

  it('is refused when it is too deep or too large', () => {
    expect(() => compileCel(`${'('.repeat(100)}true${')'.repeat(100)}`)).toThrow(/depth/i);
    expect(() => compileCel(Array(1500).fill('true').join('||'))).toThrow(/nodes/i);
  });

  it('knows the facts that it needs', () => {
    expect([...compileCel('has(object.a) || oldObject.b.exists(x, x == now)').facts]).toEqual([
      'object',
      'oldObject',
    ]);
    expect(compileCel('request.verb == "get"').facts.size).toBe(0);
    expect(compileCel('request.verb == "get"').dependsOnTime).toBe(false);
    expect(compileCel('[1].all(x, now > now)').dependsOnTime).toBe(true);
  });
});

describe('the cost of an expression', () => {
  const items = (count: number) => ({ items: Array.from({ length: count }, (_, index) => index) });

  it.each([
    'object.items.all(x, object.items.all(y, x + y >= 0))',
    'object.items.exists(x, object.items.exists(y, x + y < 0))',
    'object.items.all(x, object.items.all(y, x + y >= 0)) || true',
    'object.items.map(x, object.items.filter(y, y < x)).size() > 0',
    'object.items.exists(x, object.items.exists(y, object.items.exists(z, x + y + z < 0) || y < 0) || x < 0) || true',
    'cel.bind(n, object.items, n.exists(x, n.exists(y, x + y < 0)))',
  ])('ends %s', (source) => {
    expect(say(source, items(2_000))).toMatchObject({ failure: 'expression_too_costly' });
  });

  it('counts long texts', () => {
    const object = { text: 'a'.repeat(1_000_000), ...items(100) };
    expect(say('object.items.exists(x, object.text.contains("b"))', object)).toMatchObject({
      failure: 'expression_too_costly',
    });
    expect(say('object.text.contains("b")', object)).toStrictEqual({ value: false });
  });

  it('takes no more time for a hostile text than for any other', () => {
    const object = { text: `${'a'.repeat(50_000)}!` };
    expect(say('object.text.matches("^(a+)+$")', object)).toStrictEqual({ value: false });
  });

  it('is charged at every evaluation, the first one included', () => {
    const expression = compileCel('object.items.all(x, x >= 0)');
    const spent = [1, 2, 3].map(() => {
      const meter = new CostMeter();
      expression.evaluate(variables(items(50_000)), meter);
      return meter.exceeded;
    });
    expect(spent).toStrictEqual([false, false, false]);
    const meter = new CostMeter();
    const outcomes = [1, 2, 3, 4].map(() => expression.evaluate(variables(items(50_000)), meter));
    expect(outcomes.at(-1)).toMatchObject({ failure: 'expression_too_costly' });
  });

  it('lets no object through that is too deep or too large', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(300)}${']'.repeat(300)}`);
    expect(() => toCelValue(deep)).toThrow();
    expect(() => toCelValue(Array(300_000).fill(1))).toThrow();
  });
});
