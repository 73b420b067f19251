import fastJsonPatch from 'fast-json-patch';
import { ApiStatus, badRequest } from '../api-status.js';
import { isList, isObject, type Json, type JsonObject, stringAt } from '../json.js';

const operations = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);
const maxOperations = 10_000;

/**
 * JSON patch (RFC 6902).
 *
 * @throws {@link ApiStatus} 400 when `patch` is no list of operations, 422 when one cannot be applied.
 */
export function jsonPatch(target: JsonObject, patch: Json): JsonObject {
  const list = operationsOf(patch);
  try {
    const { newDocument } = fastJsonPatch.applyPatch<unknown>(
      structuredClone(target),
      structuredClone(list),
      true,
    );
    if (isObject(newDocument)) return newDocument;
  } catch {
    // The API server does not say which operation failed either.
    throw rejected();
  }
  throw rejected();
}

function operationsOf(patch: Json): fastJsonPatch.Operation[] {
  if (!isList(patch)) {
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  }
  if (patch.length > maxOperations) {
    throw new ApiStatus({
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    });
  }
  return patch.map((operation) => {
    if (isOperation(operation)) return operation;
    throw rejected();
  });
}

function isOperation(operation: Json): operation is Json & fastJsonPatch.Operation {
  return (
    operations.has(stringAt(operation, 'op') ?? '') && stringAt(operation, 'path') !== undefined
  );
}

/** What the API server says of a patch that cannot be applied, whatever the reason. */
function rejected(): ApiStatus {
  return new ApiStatus({
    code: 422,
    reason: 'Invalid',
    message: 'the server rejected our request due to an error in our request',
    details: {},
  });
}
