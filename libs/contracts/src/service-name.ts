/** A service that appends events; each event type has one. */
export type ServiceName = 'identity' | 'policy' | 'approval' | 'proxy' | 'audit';
