/** Globals as a model sees them, and whether it asked any of them for something that differs from run to run. */
export interface WatchedGlobals {
  /** By name; to be passed in the place of the real ones. */
  readonly globals: Readonly<Record<string, unknown>>;
  /** Notes such a question from elsewhere. */
  touch(): void;
  wasTouched(): boolean;
}

/**
 * Watches the clock, chance and the process. What models make of the same text is the same on every run unless they ask one of
 * these; a function they only hand over (`$defaultFn(() => new Date())`) asks nothing.
 */
export function watchGlobals(): WatchedGlobals {
  let isTouched = false;
  const touch = (): void => {
    isTouched = true;
  };
  const whole = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (object, key) => {
        touch();
        const value: unknown = Reflect.get(object, key);
        return typeof value === "function" ? value.bind(object) : value;
      },
    });
  const math = new Proxy(Math, {
    get: (object, key) => {
      if (key === "random") touch();
      return Reflect.get(object, key) as unknown;
    },
  });
  const globals = { process: whole(process), crypto: whole(crypto), performance: whole(performance) };
  const all = whole(globalThis);
  return {
    globals: {
      ...globals,
      globalThis: all,
      global: all,
      Intl: whole(Intl),
      Math: math,
      Date: watchedDate(touch),
    },
    touch,
    wasTouched: () => isTouched,
  };
}

/** `new Date(2020, 0)` is the same on every run; `new Date()` and `Date.now()` are not. */
function watchedDate(touch: () => void): DateConstructor {
  return new Proxy(Date, {
    construct: (object, values: [], target) => {
      if (values.length === 0) touch();
      return Reflect.construct(object, values, target === object ? object : target) as Date;
    },
    apply: (object) => {
      touch();
      return object();
    },
    get: (object, key) => {
      if (key === "now") touch();
      return Reflect.get(object, key) as unknown;
    },
  });
}
