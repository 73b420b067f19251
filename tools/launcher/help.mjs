/** What `./drawbridge help` prints. */
export const help = `Drawbridge: just-in-time access for agents on Kubernetes.

usage: ./drawbridge <command> [arguments]

Try it
  demo [--once] [--kubeconfig FILE]  the whole story on this machine; --once plays it and exits
  up                                 the same parts, running, without the story

Work on it
  test [STAGE...] [-- VITEST ARGS]   run the checks; stages: see ./drawbridge test --help
  doctor [-o json]                   what is on this machine, what is missing, how to get it
  bench proxy [OPTIONS]              Drawbridge beside other proxies; see ./drawbridge bench proxy --help
  bench soak [OPTIONS]               a day of the gateway in minutes; nothing may be left behind
  bench masking [OPTIONS]            what masking costs, beside parsing; see ./drawbridge bench masking --help
  bench holds [OPTIONS]              from an approver's click to the forwarded call
  bench life [OPTIONS]               from an approver's click to the usable grant, with 200 clicks at once
  bench ingest [OPTIONS]             how fast audit copies commands into ClickHouse, and what a command takes there
  bench questions [OPTIONS]          how long each question takes of a record of ten million commands
  bench record                       what recording costs, without the rest of the gateway
  help                               this text

Everything else is a command of the drawbridge CLI, for agents and people (login, request, status,
kubeconfig, approve, deny, audit …); ./drawbridge <command> --help explains it.

The first start installs the npm packages and builds; later starts do neither.
`;
