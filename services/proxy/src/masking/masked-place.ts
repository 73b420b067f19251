import type { Masker } from '@drawbridge/masking';
import type { ResourceRequest } from '../domain/kube-request.js';

/** Members of names from the root of an object to a place in it. */
export type Place = readonly string[];

/** Whether a name may be the place of an element, in any of the ways that Go reads a number. */
export const isIndex = (name: string): boolean => /^(?:[+-]?\d+|-)$/.test(name);

/** No detector knows it, so only the name of its place makes it a secret. */
const PLAIN = 'plain words';
/** Every detector is on to it; no key of anybody. */
const TELLING = ['AKIA', 'QWERTYUIOPASDFGH'].join('');
const json = { contentType: 'application/json', contentEncoding: '', isStream: false };

/** What masking would do with values at places of an object, found out by masking one. */
export class MaskedPlaces {
  constructor(
    private readonly masker: Masker,
    private readonly target: Pick<ResourceRequest, 'apiGroup' | 'resource' | 'subresource'>,
  ) {}

  /** Nobody is shown what stands there, whatever it is. */
  isSecret(place: Place): boolean {
    return this.masks(place, PLAIN);
  }

  /** Everybody is shown what stands there, whatever it is. */
  isOpen(place: Place): boolean {
    return !this.masks(place, TELLING);
  }

  /** Whether anything of this value would be masked there. What cannot be said is. */
  masks(place: Place, value: unknown): boolean {
    const object = place.reduceRight<unknown>(
      (inner, name) => (isIndex(name) ? [inner] : { [name]: inner }),
      value,
    );
    try {
      const mask = this.masker.body(this.target, json);
      mask.push(Buffer.from(JSON.stringify(object)));
      mask.end();
      return mask.masked > 0;
    } catch {
      return true;
    }
  }
}
