import { ApiStatus } from '../api-status.js';
import type { ObjectStore } from '../registry/object-store.js';
import type { Controller } from './controller.js';

const retryMs = 100;

/** Runs controllers: collects what changed and reconciles each key once per turn of the event loop. */
export class ControlLoop {
  private readonly waiting: Map<Controller, Set<string>>;
  private readonly timers = new Map<Controller, Map<string, NodeJS.Timeout>>();
  private readonly unsubscribe: () => void;
  private isScheduled = false;
  private isClosed = false;

  constructor(
    store: ObjectStore,
    private readonly controllers: readonly Controller[],
  ) {
    this.waiting = new Map(controllers.map((controller) => [controller, new Set<string>()]));
    this.unsubscribe = store.subscribe((event) => {
      for (const controller of this.controllers) {
        for (const key of controller.keysOf(event)) this.add(controller, key);
      }
    });
  }

  /** Stops every controller; nothing is reconciled afterwards. */
  close(): void {
    this.isClosed = true;
    this.unsubscribe();
    for (const timers of this.timers.values()) timers.forEach((timer) => clearTimeout(timer));
  }

  private add(controller: Controller, key: string): void {
    this.waiting.get(controller)?.add(key);
    if (this.isScheduled || this.isClosed) return;
    this.isScheduled = true;
    setImmediate(() => this.turn());
  }

  private turn(): void {
    this.isScheduled = false;
    if (this.isClosed) return;
    for (const [controller, keys] of this.waiting) {
      const due = [...keys];
      keys.clear();
      for (const key of due) this.reconcile(controller, key);
    }
  }

  private reconcile(controller: Controller, key: string): void {
    try {
      const againMs = controller.reconcile(key);
      if (againMs !== undefined) this.addAfter(controller, key, againMs);
    } catch (error) {
      // A refusal (a full store, a namespace on its way out) may pass; anything else is a defect.
      if (!(error instanceof ApiStatus)) throw error;
      this.addAfter(controller, key, retryMs);
    }
  }

  private addAfter(controller: Controller, key: string, delayMs: number): void {
    const timers = this.timers.get(controller) ?? new Map<string, NodeJS.Timeout>();
    this.timers.set(controller, timers);
    clearTimeout(timers.get(key));
    const timer = setTimeout(() => {
      timers.delete(key);
      this.add(controller, key);
    }, delayMs);
    timer.unref();
    timers.set(key, timer);
  }
}
