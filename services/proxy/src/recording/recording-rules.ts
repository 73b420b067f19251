import { CallRecording, type ConnectionDocument } from '@drawbridge/contracts';

/** What of a Connection document says what is recorded there. */
export type RecordedConnection = {
  readonly metadata: Pick<ConnectionDocument['metadata'], 'name'>;
  readonly spec: Pick<ConnectionDocument['spec'], 'recording'>;
};

const byDefault = CallRecording.parse({});

/** How every connection wants its calls to be recorded. */
export class RecordingRules {
  #rules: ReadonlyMap<string, CallRecording> = new Map();

  of(connection: string): CallRecording {
    return this.#rules.get(connection) ?? byDefault;
  }

  /** What is under way goes on as it began. */
  replace(documents: readonly RecordedConnection[]): void {
    this.#rules = new Map(
      documents.flatMap(({ metadata, spec }) =>
        spec.recording === undefined ? [] : [[metadata.name, spec.recording]],
      ),
    );
  }
}
