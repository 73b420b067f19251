export { onCall, onCallWithin, type Schedule } from './on-call.js';
export { onCallGroups, peopleOf, withOnCall, type KnownHuman, type People } from './people.js';
export { unfillableStep, type AskedPeople, type UnfillableStep } from './unfillable-step.js';
export { isReadBehind, Members, READ_BEHIND_MS, type MemberOf } from './members.js';
export { isWithinHours } from './wall-clock.js';
export { whyLost, type PeopleNow } from './why-lost.js';
