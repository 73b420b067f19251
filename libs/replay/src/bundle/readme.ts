/** `README.md` of a bundle. */
export const bundleReadme = `# A session of Drawbridge

Everything that is recorded of one session. It opens without Drawbridge: all files are text, JSON or as they came.

- \`story.txt\`, \`story.json\`: who asked why, who approved, what was done, how it ended.
- \`events.ndjson\`, \`holds/*.ndjson\`: what happened to the request, its grant and its held calls, one JSON object a line. \`hash\` is
  the SHA-256 of the stored message, \`previousHash\` that of the one before it.
- \`commands/\`: the calls, one JSON object a line; \`sequences\` are the positions in the stream COMMANDS.
- \`bodies/\`: what was sent and answered, after masking, as recorded. \`before\` is the object before a write. Long ones are in
  \`objects/\`, named by their SHA-256, in the order that \`objects\` says.
- \`recordings/\`: what went through channels, logs and watches: as asciicast (\`asciinema play recordings/<id>.cast\`), and piece by
  piece as recorded; \`frames\` are [seconds, code, data].
- \`integrity/\`: the newest signed checkpoints of the streams (C2SP tlog-checkpoint) and the public keys, as of the export.
- \`manifest.json\`: the SHA-256 of every file; \`manifest.note\`: what the manifest is, who took it when, signed by the audit service
  (a C2SP signed note, Ed25519). \`node verify.mjs [public key, PEM]\` checks all of it.

\`drawbridge audit rerun <this file>\` makes the calls again in a sandbox.
`;
