/** Lays rows out in columns, two spaces apart. */
export function renderTable(rows: readonly (readonly string[])[], indent = "  "): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  }
  return rows
    .map((row) => {
      const cells = row.map((cell, index) => cell.padEnd(widths[index] ?? 0));
      return `${indent}${cells.join("  ")}`.trimEnd();
    })
    .join("\n");
}

/** For instance `1 row`, `2,300 rows`. */
export function countOf(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** As `toLocaleString("en-US")` writes a whole number, without loading what Node knows of languages. */
export function grouped(count: number): string {
  if (count < 1000) return String(count);
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

/** For instance `4.0 KiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`;
}

/** How long ago, in the unit a person would use: `4 min ago`; after two months the day. */
export function ageOf(time: Date, now: Date): string {
  const minutes = Math.floor((now.getTime() - time.getTime()) / 60_000);
  if (minutes < 0 || minutes >= 60 * 24 * 60) return time.toISOString().slice(0, 10);
  if (minutes < 2) return "just now";
  if (minutes < 120) return `${minutes} min ago`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} days ago`;
}

/** A name as a terminal may show it: control characters cannot move the cursor or forge a line. */
export function shown(name: string): string {
  // eslint-disable-next-line no-control-regex -- finding control characters is the purpose
  return name.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (character) =>
    JSON.stringify(character).slice(1, -1).padStart(2, "\\"),
  );
}
