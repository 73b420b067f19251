/** `verify.mjs` of a bundle: checks it with nothing but Node. */
export const verifyScript = `// Checks this bundle with Node 18 or newer and nothing else: node verify.mjs [public key, PEM]
// Every file is what manifest.json says, no file is missing or added, and every whole body is what its hash says.
import { createHash, verify } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const read = (name) => readFileSync(join(root, ...name.split('/')));
const filesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : [relative(root, path).split(sep).join('/')];
  });

const problems = [];
const manifest = JSON.parse(read('manifest.json').toString('utf8'));
const present = new Set(filesIn(root));
for (const { name, bytes, sha256: wanted } of manifest.files) {
  if (!present.has(name)) problems.push(name + ': missing');
  else if (read(name).length !== bytes || sha256(read(name)) !== wanted) problems.push(name + ': changed');
}
const listed = new Set([...manifest.files.map(({ name }) => name), 'manifest.json', 'manifest.note']);
for (const name of present) {
  if (!listed.has(name)) problems.push(name + ': not in the manifest');
}
let bodies = 0;
for (const name of [...present].filter((file) => file.startsWith('bodies/')).sort()) {
  for (const line of read(name).toString('utf8').split('\\n').filter(Boolean)) {
    const body = JSON.parse(line);
    if (body.cut !== undefined) continue;
    const pieces = (body.objects ?? []).map((piece) => 'objects/' + piece.sha256);
    if (pieces.some((piece) => !present.has(piece))) continue;
    const content = body.objects ? Buffer.concat(pieces.map(read)) : Buffer.from(body.content, body.encoding);
    bodies += 1;
    if (sha256(content) !== body.sha256) problems.push(name + ': the ' + body.direction + ' of ' + body.commandId + ' is not what its hash says');
  }
}
// The note says what manifest.json is, signed with Ed25519 by the key of the audit service.
const own = present.has('integrity/keys.json') ? JSON.parse(read('integrity/keys.json').toString('utf8')).keys.map(({ pem }) => pem) : [];
const keys = process.argv[2] === undefined ? own : [readFileSync(process.argv[2], 'utf8')];
if (!present.has('manifest.note')) console.log('not signed');
else {
  const note = read('manifest.note').toString('utf8');
  const text = note.slice(0, note.indexOf('\\n\\n') + 1);
  const signature = Buffer.from(/^\u2014 \\S+ (\\S+)$/m.exec(note)?.[1] ?? '', 'base64').subarray(4);
  const isSigned = keys.some((pem) => verify(null, Buffer.from(text), pem, signature));
  if (!isSigned) problems.push('manifest.note: not signed by this key');
  if (!text.includes('\\nmanifest ' + sha256(read('manifest.json')) + '\\n')) problems.push('manifest.json: not the one that was signed');
  if (isSigned) console.log('signed' + (process.argv[2] === undefined ? ' by a key that is in the bundle itself: compare it with one that you trust' : '') + '\\n' + text.trimEnd());
}
for (const { sha256: piece, why } of manifest.missing) console.log('not in this bundle: ' + piece + ' (' + why + ')');
for (const problem of problems) console.log(problem);
console.log(problems.length === 0 ? 'whole: ' + manifest.files.length + ' files, ' + bodies + ' bodies' : problems.length + ' problems');
console.log('SHA-256 of manifest.json: ' + sha256(read('manifest.json')));
process.exitCode = problems.length === 0 ? 0 : 1;
`;
