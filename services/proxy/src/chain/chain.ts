import type { Handler, Step } from './exchange.js';

/** Steps in the order in which a call passes them; each may end the call by throwing. */
export class Chain<First, Last> {
  private constructor(private readonly wrap: (last: Handler<Last>) => Handler<First>) {}

  static of<Known, More>(step: Step<Known, More>): Chain<Known, More> {
    return new Chain(step);
  }

  then<More>(step: Step<Last, More>): Chain<First, More> {
    return new Chain((last) => this.wrap(step(last)));
  }

  end(last: Handler<Last>): Handler<First> {
    return this.wrap(last);
  }
}
