import type { Principal } from '@drawbridge/contracts';

/** How a person is called: by their address where it is known. The issuer is left out, JSON has it. */
export const personName = ({ email, subject }: Pick<Principal, 'email' | 'subject'>): string =>
  email ?? subject;

/** Who caused an event, as its envelope says: `policy`, or a subject without its issuer. */
export const actorName = ({ id }: { readonly id: string }): string =>
  id.slice(id.lastIndexOf('#') + 1);
