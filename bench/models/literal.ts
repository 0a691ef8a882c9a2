/** A property of an object in source code: name → the source of its value; one that is undefined is left out. */
export type Properties = Readonly<Record<string, string | undefined>>;

/** `{ name: value }` as source code. */
export function objectSource(properties: Properties): string {
  const present = Object.entries(properties).filter(([, value]) => value !== undefined);
  return `{ ${present.map(([name, value]) => `${name}: ${value}`).join(", ")} }`;
}

/** `[a, b]` as source code. */
export function arraySource(sources: readonly string[]): string {
  return `[${sources.join(", ")}]`;
}

/** A value as source code. */
export const source = (value: unknown): string => JSON.stringify(value);
