export type TargetName =
  'direct' | 'nginx' | 'haproxy' | 'kubectl proxy' | 'node floor' | 'drawbridge';

/** Something that answers the calls of a row: the upstream itself, or a proxy in front of it. */
export interface Target {
  readonly name: TargetName;
  readonly origin: string;
  /** What stands before the Kubernetes path. */
  readonly prefix: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whose CPU and memory count; absent: nobody stands in between. */
  readonly pid?: number;
  /** The nats-server that holds the record; its CPU is reported beside. */
  readonly busPid?: number;
  /** Offers HTTP/2 to its clients. */
  readonly http2: boolean;
}

/** A target and how to end it. */
export interface RunningTarget {
  readonly target: Target;
  stop(): Promise<void>;
}

/** What every peer needs to know. */
export interface PeerSetting {
  readonly upstreamPort: number;
  readonly upstreamCa: string;
  /** PEM files of the certificate that clients see. */
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly maskKeysFile: string;
  readonly directory: string;
  readonly cores: readonly number[];
  /** Threads or processes that serve. */
  readonly workers: number;
}
