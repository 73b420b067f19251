export { allows, namesAllowed } from './allows.js';
export { builtinResource, type BuiltinResource } from './builtin-resources.js';
export { cutToNamespaces, namespacesOutside } from './cut-to-namespaces.js';
export { describeRule, describeRules } from './describe-rules.js';
export { fillPlaceholders, placeholdersOf, type PlaceholderUse } from './fill-placeholders.js';
export {
  approverRefusal,
  countApprovers,
  hasKnownOwner,
  quorumReached,
  type ApproverRefusal,
} from './quorum.js';
export { partOutside, within, type PartOutside } from './within.js';
