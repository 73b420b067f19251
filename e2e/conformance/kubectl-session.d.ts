/** The cluster that the cases run against, and the `kubectl` they run. */
export interface ConformanceCluster {
  /** Path of a kubeconfig with every right. */
  readonly kubeconfig: string;
  /** Path of the executable. */
  readonly kubectl: string;
}
/** How one command ended. */
export interface KubectlResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}
/** A command that is still running. */
export interface RunningKubectl {
  /** Resolves once stdout holds `text`; rejects when the command ends or `timeoutMs` pass without it. */
  seen(text: string, timeoutMs?: number): Promise<void>;
  /** What came so far. */
  stdout(): string;
  /** Ends the command, if it has not ended by itself. */
  stop(): Promise<void>;
}
interface RunOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}
/** Runs real kubectl commands in the namespace of one case. */
export declare class KubectlSession {
  private readonly cluster;
  readonly namespace: string;
  /** A scratch directory of the case. */
  readonly directory: string;
  constructor(
    cluster: ConformanceCluster,
    namespace: string,
    /** A scratch directory of the case. */
    directory: string,
  );
  /** Runs a command and tells how it ended, whatever that was. */
  run(args: readonly string[], options?: RunOptions): Promise<KubectlResult>;
  /** Runs a command that has to succeed; returns its stdout. */
  ok(args: readonly string[], options?: RunOptions): Promise<string>;
  /** Runs a command that has to fail; returns its stderr. */
  fails(args: readonly string[], options?: RunOptions): Promise<string>;
  /** Runs a command and parses the JSON it prints. */
  json(args: readonly string[]): Promise<unknown>;
  /** The value of a JSONPath expression in an object. */
  field(object: string, path: string): Promise<string>;
  /** Applies or creates a manifest given as text. */
  apply(manifest: string, ...more: readonly string[]): Promise<string>;
  /** Writes a file of the case; returns its path. */
  file(name: string, content: string, mode?: number): Promise<string>;
  /** Starts a command that does not end by itself. */
  start(args: readonly string[]): RunningKubectl;
  private arguments;
  private environment;
}
export {};
